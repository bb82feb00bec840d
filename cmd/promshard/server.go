package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/config"

	"github.com/promshard/promshard/cmd/promshard/remote"
	"github.com/promshard/promshard/httpsd/snapshot"
	"github.com/promshard/promshard/store"
)

// The environment variables that stand for flags. A flag beats them.
const (
	databaseVariable  = "PROMSHARD_DATABASE"
	serverVariable    = "PROMSHARD_SERVER"
	tokenFileVariable = "PROMSHARD_TOKEN_FILE"
	tokenVariable     = "PROMSHARD_TOKEN"
)

// serverFlags say where an inventory is that is not in a database at hand, and who asks.
type serverFlags struct {
	servers serverList
	// given and tokenFileGiven say that the flags were, and not just their variables.
	given, tokenFileGiven bool
	tokenFile, httpConfig string
}

// serverList is a flag that may be repeated, and whose variable may name several with commas between them. It implements
// kingpin.Value.
type serverList []string

// Set implements kingpin.Value.
func (l *serverList) Set(s string) error {
	before := len(*l)
	for server := range strings.SplitSeq(s, ",") {
		if server = strings.TrimSpace(server); server != "" {
			*l = append(*l, server)
		}
	}
	if len(*l) == before {
		return errors.New("--server is empty")
	}
	return nil
}

// String implements kingpin.Value.
func (l *serverList) String() string { return strings.Join(*l, ",") }

// IsCumulative makes kingpin accept the flag more than once.
func (l *serverList) IsCumulative() bool { return true }

// serverFlagNames are the flags that addServer declares.
var serverFlagNames = []string{"server", "token-file", "http.config.file"}

// addServer declares the flags of a command, or of all under a group, that works on a server as well as on a database.
func (a *app) addServer(cmd *kingpin.CmdClause) {
	cmd.Flag("server", "URL of a promshard server to work on, instead of a database. Repeatable: they are tried in turn.").
		Envar(serverVariable).PlaceHolder("URL").IsSetByUser(&a.server.given).SetValue(&a.server.servers)
	cmd.Flag("token-file", "File with the token to show to the server; nobody else may read it.").
		Envar(tokenFileVariable).PlaceHolder("FILE").IsSetByUser(&a.server.tokenFileGiven).StringVar(&a.server.tokenFile)
	cmd.Flag("http.config.file", "File with credentials, TLS and proxy for the server, in the form of Prometheus's <http_config>.").
		PlaceHolder("FILE").StringVar(&a.server.httpConfig)
}

// databaseOnly declares for a command, or for all under a group, that it works on the database itself: then --server is
// refused with a reason. Their actions call checkDatabaseOnly.
func (a *app) databaseOnly(cmd *kingpin.CmdClause) {
	cmd.Flag("server", "Not for this command, which works on the database itself.").Hidden().IsSetByUser(&a.server.given).SetValue(&a.server.servers)
}

// checkDatabaseOnly refuses a server, from wherever it is named, unless a database is named as well.
func (a *app) checkDatabaseOnly() error {
	switch {
	case a.server.given:
		return &usageError{err: errors.New("--server: this command works on the database itself; use --database, where that is")}
	case os.Getenv(serverVariable) != "" && !a.databaseGiven && os.Getenv(databaseVariable) == "":
		return &usageError{err: errors.New(serverVariable + " is set, but this command works on the database itself; say which with --database")}
	}
	return nil
}

// onServer says whether the inventory is on a server.
func (a *app) onServer() (bool, error) {
	switch {
	case len(a.server.servers) == 0:
		if a.server.tokenFileGiven || a.server.httpConfig != "" {
			return false, &usageError{err: errors.New("--token-file and --http.config.file go with --server, which is not given")}
		}
		return false, nil
	case a.server.given && a.databaseGiven:
		return false, &usageError{err: errors.New("--server and --database are both given; one of them says where the inventory is")}
	case a.server.given || a.databaseGiven:
		return a.server.given, nil
	case os.Getenv(databaseVariable) != "":
		return false, &usageError{err: errors.New(serverVariable + " and " + databaseVariable + " are both set; say --server or --database")}
	}
	return true, nil
}

// server is an inventory on servers.
type server struct{ *remote.Client }

// List implements inventory.
func (s server) List(ctx context.Context, kind snapshot.Kind, q snapshot.Query) (renderedList, error) {
	list, err := s.Client.List(ctx, kind, q)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// openServer returns the inventory on the servers that the flags name. It asks nothing yet.
func (a *app) openServer() (inventory, error) {
	if a.guardGiven[0] || a.guardGiven[1] {
		return nil, &usageError{err: errors.New("--guard.max-removal and --guard.min-targets are those of the database; a server has its own")}
	}
	client, authorized, err := a.httpClient()
	if err != nil {
		return nil, err
	}
	o := remote.Options{Servers: a.server.servers, HTTPClient: client, UserAgent: userAgent()}
	if o.Token, err = a.token(authorized); err != nil {
		return nil, err
	}
	c, err := remote.New(o)
	if err != nil {
		return nil, &usageError{err: fmt.Errorf("--server: %w", err)}
	}
	return server{c}, nil
}

// httpClient returns the client that --http.config.file describes, and whether it shows who asks by itself; nil when the
// flag is not given.
func (a *app) httpClient() (client *http.Client, authorized bool, err error) {
	if a.server.httpConfig == "" {
		return nil, false, nil
	}
	return configuredClient("--http.config.file", a.server.httpConfig)
}

// configuredClient returns the client that a file of Prometheus's form describes, and whether it has something to show to
// servers that ask who is there. The flag is what named the file.
func configuredClient(flag, file string) (client *http.Client, authorized bool, err error) {
	cfg, _, err := config.LoadHTTPConfigFile(file)
	if err == nil {
		client, err = config.NewClientFromConfig(*cfg, "promshard")
	}
	if err != nil {
		return nil, false, &usageError{err: fmt.Errorf("%s %q: %w", flag, file, err)}
	}
	return client, cfg.Authorization != nil || cfg.BasicAuth != nil || cfg.OAuth2 != nil, nil
}

// token returns the token to show: that of --token-file or the variables, or for a server on this machine the first one of
// the database, from the file beside it. authorized says that http_config has something to show instead.
func (a *app) token(authorized bool) (string, error) {
	text := os.Getenv(tokenVariable)
	switch {
	case a.server.tokenFileGiven && authorized:
		return "", &usageError{err: errors.New("--token-file and the credentials in --http.config.file are both given; show one of them")}
	case authorized:
		return "", nil
	case a.server.tokenFileGiven, a.server.tokenFile != "" && text == "":
		secret, err := readToken(a.server.tokenFile)
		if err != nil {
			return "", &usageError{err: fmt.Errorf("the token file: %w", err)}
		}
		return secret, nil
	case a.server.tokenFile != "":
		return "", &usageError{err: errors.New(tokenVariable + " and " + tokenFileVariable + " are both set; set one of them")}
	case text != "" && !store.ValidToken(strings.TrimSpace(text)):
		return "", &usageError{err: errors.New(tokenVariable + " holds no token of promshard")}
	case text != "":
		return strings.TrimSpace(text), nil
	}
	return a.localToken()
}

// localToken returns the token beside the database of this machine for a server on it; empty when there is none that this
// user may read.
func (a *app) localToken() (string, error) {
	file := tokenFileFor(a.database)
	if file == "" {
		return "", nil
	}
	for _, s := range a.server.servers {
		if !isLocal(s) {
			return "", nil
		}
	}
	secret, err := readToken(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return "", nil
	}
	return secret, err
}

// isLocal says whether a URL is one of this machine, whatever names it has elsewhere.
func isLocal(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
