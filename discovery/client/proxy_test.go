package client

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy passes TCP connections on, with the faults that are asked for. Its address stays, whatever is behind it.
type proxy struct {
	listener net.Listener
	handlers sync.WaitGroup

	mu      sync.Mutex
	backend string
	// cuts are what ends the connections that are open.
	cuts map[*context.CancelFunc]bool
	// flows is closed unless the proxy is stalled: then nothing gets through until it is.
	flows chan struct{}
	slow  bool
}

func newProxy(t *testing.T) *proxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, cuts: map[*context.CancelFunc]bool{}, flows: make(chan struct{})}
	close(p.flows)
	p.handlers.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.handlers.Go(func() { p.pass(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.flow()
		p.cut()
		p.handlers.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// to sets what new connections lead to; "" refuses them.
func (p *proxy) to(backend string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backend = backend
}

// cut ends all open connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for cancel := range p.cuts {
		(*cancel)()
	}
}

// stall keeps everything back until flow is called.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flows:
		p.flows = make(chan struct{})
	default:
	}
}

func (p *proxy) flow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flows:
	default:
		close(p.flows)
	}
}

func (p *proxy) setSlow(slow bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = slow
}

func (p *proxy) pass(from net.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.mu.Lock()
	backend := p.backend
	p.cuts[&cancel] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.cuts, &cancel)
	}()
	defer from.Close()
	if backend == "" {
		return
	}
	to, err := (&net.Dialer{}).DialContext(ctx, "tcp", backend)
	if err != nil {
		return
	}
	defer to.Close()
	var both sync.WaitGroup
	both.Go(func() { p.copy(ctx, cancel, to, from) })
	both.Go(func() { p.copy(ctx, cancel, from, to) })
	<-ctx.Done()
	from.Close()
	to.Close()
	both.Wait()
}

// copy passes on in small pieces what one side sends, until the connection is cut or either side has closed it.
func (p *proxy) copy(ctx context.Context, cancel func(), to, from net.Conn) {
	defer cancel()
	buf := make([]byte, 4<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		flows, slow := p.flows, p.slow
		p.mu.Unlock()
		select {
		case <-flows:
		case <-ctx.Done():
			return
		}
		if slow {
			pause(ctx, 5*time.Millisecond)
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
