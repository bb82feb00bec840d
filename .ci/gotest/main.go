// Command gotest runs "go test -json" with its arguments and says at the end what ran: how many tests passed, which
// failed and which were skipped, and why. Under CI=true a skipped test is a failure, and so is a run without tests.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1:], os.Getenv("CI") == "true", os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
	}
	os.Exit(code)
}

// run returns the code to exit with. With strict, skips and a run without tests count as failures.
func run(ctx context.Context, args []string, strict bool, out io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	stream, err := cmd.StdoutPipe()
	if err != nil {
		return 2, fmt.Errorf("connecting to go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return 2, fmt.Errorf("starting go test: %w", err)
	}
	report := newReport(out)
	readErr := report.read(stream)
	waitErr := cmd.Wait()
	report.summary(strict)

	var exit *exec.ExitError
	switch {
	case readErr != nil:
		return 2, fmt.Errorf("reading what go test says: %w", readErr)
	case errors.As(waitErr, &exit):
		return max(exit.ExitCode(), 1), nil
	case waitErr != nil:
		return 2, fmt.Errorf("running go test: %w", waitErr)
	case !report.ok(strict):
		return 1, nil
	}
	return 0, nil
}
