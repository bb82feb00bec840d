package httpsd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/mdlayher/vsock"
	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"
)

// ServerOptions are what a Server needs. Handler and Web are required.
type ServerOptions struct {
	Handler http.Handler
	// Web has the listen addresses (or says that systemd hands them over) and names the file with TLS, client
	// certificates, basic authentication and rate limits. A nil field of it means its zero value.
	Web *web.FlagConfig
	// Logger gets what net/http and the toolkit have to say; nil discards it.
	Logger *slog.Logger
	// OnShutdown is called as the end begins, once for each listener and possibly at once, while answers are still
	// under way: it should end those that would go on, as Handler.Release does. nil means nothing.
	OnShutdown func()
	// ShutdownTimeout is how long answers that are under way may take after the end was asked for; 0 means 30s.
	ShutdownTimeout time.Duration
	// ReadHeaderTimeout bounds how long a client may take to send a request's header, and a TLS handshake to end;
	// 0 means 10s.
	ReadHeaderTimeout time.Duration
	// ReadTimeout bounds how long a client may take to send a whole request; 0 means 30s.
	ReadTimeout time.Duration
	// WriteTimeout bounds how long a client may take to read an answer; lists get more time the larger they are.
	// 0 means 30s.
	WriteTimeout time.Duration
	// IdleTimeout is how long a connection without requests is kept; 0 means 6m, which is longer than the 5m after
	// which Prometheus gives one up, so that no request meets a connection that is just being closed.
	IdleTimeout time.Duration
	// MaxHeaderBytes bounds the request line and the header together; 0 means 32 KiB.
	MaxHeaderBytes int
}

func (o ServerOptions) withDefaults() ServerOptions {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.ShutdownTimeout, 30 * time.Second},
		{&o.ReadHeaderTimeout, 10 * time.Second},
		{&o.ReadTimeout, 30 * time.Second},
		{&o.WriteTimeout, 30 * time.Second},
		{&o.IdleTimeout, 6 * time.Minute},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.MaxHeaderBytes <= 0 {
		o.MaxHeaderBytes = 32 << 10
	}
	return o
}

// Server answers on all its listeners until it is told to end.
type Server struct {
	o         ServerOptions
	web       web.FlagConfig
	listeners []net.Listener
	secure    bool
}

// Listen checks the web configuration and binds every address, so that Addrs is known and an address that is taken is
// found before anything else starts. The caller must call Serve or Close.
func Listen(o ServerOptions) (*Server, error) {
	if o.Handler == nil || o.Web == nil {
		return nil, errors.New("httpsd: ServerOptions.Handler and Web are required")
	}
	s := &Server{o: o.withDefaults(), web: completeFlags(o.Web)}
	if err := s.readWebConfig(); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		s.Close() // the error that led here counts
		return nil, err
	}
	return s, nil
}

// completeFlags returns flags without nil fields.
func completeFlags(flags *web.FlagConfig) web.FlagConfig {
	complete := web.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: new(bool), WebConfigFile: new(string)}
	if flags.WebListenAddresses != nil {
		complete.WebListenAddresses = flags.WebListenAddresses
	}
	if flags.WebSystemdSocket != nil {
		complete.WebSystemdSocket = flags.WebSystemdSocket
	}
	if flags.WebConfigFile != nil {
		complete.WebConfigFile = flags.WebConfigFile
	}
	return complete
}

// readWebConfig refuses a configuration file that would fail later, and learns whether connections are encrypted.
func (s *Server) readWebConfig() error {
	file := *s.web.WebConfigFile
	if file == "" {
		return nil
	}
	if err := web.Validate(file); err != nil {
		return fmt.Errorf("checking the web configuration file %q: %w", file, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the web configuration file: %w", err)
	}
	var config web.Config
	if err := yaml.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("parsing the web configuration file %q: %w", file, err)
	}
	s.secure = config.TLSConfig.IsEnabled()
	return nil
}

func (s *Server) listen() error {
	if *s.web.WebSystemdSocket {
		listeners, err := activation.Listeners()
		if err != nil {
			return fmt.Errorf("taking over the sockets of systemd: %w", err)
		}
		s.listeners = listeners
	} else {
		for _, address := range *s.web.WebListenAddresses {
			l, err := listenOn(address)
			if err != nil {
				return fmt.Errorf("listening on %q: %w", address, err)
			}
			s.listeners = append(s.listeners, l)
		}
	}
	if len(s.listeners) == 0 {
		return web.ErrNoListeners
	}
	return nil
}

// listenOn binds HOST:PORT, or vsock://:PORT as the toolkit's own flag offers it.
func listenOn(address string) (net.Listener, error) {
	port, ok := strings.CutPrefix(address, "vsock://:")
	if !ok {
		return net.Listen("tcp", address)
	}
	number, err := strconv.ParseUint(port, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("parsing the port: %w", err)
	}
	return vsock.Listen(uint32(number), nil)
}

// Addrs are the addresses that were bound, in the order of the flags.
func (s *Server) Addrs() []net.Addr {
	addrs := make([]net.Addr, 0, len(s.listeners))
	for _, l := range s.listeners {
		addrs = append(addrs, l.Addr())
	}
	return addrs
}

// URL is where a client on this machine reaches the first listener, without a slash at the end.
func (s *Server) URL() string {
	scheme := "http"
	if s.secure {
		scheme = "https"
	}
	return scheme + "://" + reachable(s.listeners[0].Addr())
}

// reachable turns the address of a listener on every interface into one to connect to.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Close releases the listeners of a Server that is not going to serve.
func (s *Server) Close() error {
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Serve answers until ctx ends or a listener fails. It then takes no new requests, lets those under way finish for
// up to ShutdownTimeout, and returns once every connection is closed: nil, unless a listener failed or answers had to
// be cut off.
func (s *Server) Serve(ctx context.Context) error {
	defer s.Close() // what has served is closed already
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range s.listeners {
		// Each listener has its own server, since the toolkit changes the one that it is given.
		server := s.newHTTPServer()
		group.Go(func() error {
			err := web.Serve(l, server, &s.web, s.o.Logger)
			if errors.Is(err, http.ErrServerClosed) {
				return nil
			}
			return fmt.Errorf("serving on %s: %w", l.Addr(), err)
		})
		group.Go(func() error {
			<-ctx.Done()
			return s.shutdown(server)
		})
	}
	return group.Wait()
}

func (s *Server) newHTTPServer() *http.Server {
	server := &http.Server{
		Handler:           s.o.Handler,
		ConnContext:       withConnection,
		ReadHeaderTimeout: s.o.ReadHeaderTimeout,
		ReadTimeout:       s.o.ReadTimeout,
		WriteTimeout:      s.o.WriteTimeout,
		IdleTimeout:       s.o.IdleTimeout,
		MaxHeaderBytes:    s.o.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.o.Logger.Handler(), slog.LevelWarn),
	}
	if s.o.OnShutdown != nil {
		server.RegisterOnShutdown(s.o.OnShutdown)
	}
	return server
}

// shutdown ends one server, gently as long as time allows.
func (s *Server) shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.ShutdownTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if err == nil {
		return nil
	}
	server.Close() // that every connection is cut off is what is reported
	return fmt.Errorf("cutting off answers that took longer than %v after the end was asked for: %w", s.o.ShutdownTimeout, err)
}
