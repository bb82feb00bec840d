// Command promshard keeps the list of what Prometheus should scrape and serves each Prometheus its shard of it.
//
// Results go to standard output, as text for people or, with --output json, for programs. Errors go to standard error
// as one line "promshard: …", with a second line "hint: …" where there is one. The exit code is
//
//	0    done
//	1    it failed for a reason that has no code of its own, or check found a file that Prometheus would refuse
//	2    wrong use of the command line, or a value that the inventory does not accept; nothing was changed
//	3    what was named is not in the inventory
//	4    the write contradicts what is there: a name is taken, others hang on what was to go, or it takes away so much that it must be confirmed
//	5    the database, or a server that was asked, cannot be reached or used now
//	6    compare found that the lists differ
//	7    done, but something was left out: import promgen or import prometheus has listed it
//	8    the server does not let you do that: the token is missing, is not valid, or has no role for it
//	130  interrupted by a signal
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(start()) }

// start is main for tests that run it in a process of its own. The first SIGINT or SIGTERM ends the context; the second
// ends the process.
func start() int {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-signals:
		case <-ctx.Done():
		}
		// Before anything can be seen to end: a second signal that is sent then must not be caught.
		signal.Stop(signals)
		cancel()
	}()
	defer func() {
		cancel()
		<-done
	}()
	return newApp(os.Stdin, os.Stdout, os.Stderr).run(ctx, os.Args[1:])
}
