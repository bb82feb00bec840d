package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/cmd/promshard/promgen"
	"github.com/promshard/promshard/store"
)

// promgenImport is what import promgen is asked to do. The token is Promgen's.
type promgenImport struct {
	from, name       string
	passwordFile     string
	token, tokenFile string
	timeout          time.Duration
	options          store.SyncOptions
	dryRun           bool
	out              *output
}

const importPromgenHelp = "Take over what a Promgen has, and at every further run what has changed there since. Its database is read in one transaction that writes nothing; " +
	"ids, disabled exporters, descriptions and owners are kept. What is changed here stays, and what the inventory does not accept is listed with the reason, while the rest goes in."

func (a *app) addImportPromgen(parent commander) {
	const example = "promshard import promgen --from mysql://promgen@db.example/promgen --password-file=/run/secrets/promgen --dry-run\n" +
		"promshard import promgen --from https://promgen.example"
	a.command(parent, "promgen", importPromgenHelp, example, func(cmd *kingpin.CmdClause) action {
		p := &promgenImport{}
		cmd.Flag("from", "Promgen's database as its DATABASE_URL names it (mysql://user@host/database, postgres://user@host/database, sqlite:path), or the http(s) address of its web server, which tells less.").
			Envar("PROMSHARD_PROMGEN").Required().PlaceHolder("DSN").StringVar(&p.from)
		cmd.Flag("name", `What to remember this Promgen by, where there are several: the next run under that name takes over what has changed. By default "promgen" for a database, "promgen-web" for a web server.`).
			PlaceHolder("NAME").StringVar(&p.name)
		cmd.Flag("password-file", "File with the database's password. PROMSHARD_PROMGEN_PASSWORD has it without a file.").PlaceHolder("FILE").StringVar(&p.passwordFile)
		cmd.Flag("promgen-token", "Token of Promgen's API. PROMSHARD_PROMGEN_TOKEN has it where others cannot see it.").PlaceHolder("TOKEN").StringVar(&p.token)
		cmd.Flag("promgen-token-file", "File with the token of Promgen's API.").PlaceHolder("FILE").StringVar(&p.tokenFile)
		cmd.Flag("dry-run", "Change nothing, and print what would change.").BoolVar(&p.dryRun)
		cmd.Flag("theirs", "Where something was changed both here and in Promgen, take what Promgen has. Without it, what is here stays.").BoolVar(&p.options.Theirs)
		cmd.Flag("allow-shrink", "Take over a Promgen that has lost more than half of something since the last run. Without it that is refused, since it looks like the wrong database.").BoolVar(&p.options.AllowShrink)
		cmd.Flag("timeout", "How long reading Promgen may take in all.").Default("10m").PlaceHolder("10m").DurationVar(&p.timeout)
		a.addServer(cmd)
		a.addConfirm(cmd)
		p.out = a.addOutput(cmd)
		return func(ctx context.Context) error { return a.importPromgen(ctx, p) }
	})
}

// importPromgen reads Promgen before the inventory is opened, so that a wrong name creates no database. What is wrong with
// the flags that say where that is shows before.
func (a *app) importPromgen(ctx context.Context, p *promgenImport) error {
	if _, err := a.onServer(); err != nil {
		return err
	}
	source, err := p.read(ctx)
	if err != nil {
		return err
	}
	return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error {
		var receipt store.Receipt
		ctx = store.WithReceipt(ctx, &receipt)
		if p.dryRun {
			ctx = store.WithDryRun(ctx)
		}
		bar := newProgress(a.err, "importing", "rows", int64(source.Rows()))
		p.options.Progress = bar.updateAll
		result, err := inv.Sync(ctx, source.SyncSource, p.options)
		bar.done()
		if err != nil {
			return withShrinkHint(fmt.Errorf("importing Promgen: %w", err))
		}
		report := newPromgenReport(source, result, receipt.Guard, p)
		if err := p.out.print(report, report.text); err != nil {
			return err
		}
		return report.verdict()
	})
}

// withShrinkHint names the flag that takes over a Promgen that has lost much.
func withShrinkHint(err error) error {
	if errors.Is(err, store.ErrShrunk) {
		return &hinted{err: err, hint: "is --from the right Promgen? --allow-shrink takes it over as it is now"}
	}
	return err
}

// read reads the Promgen that --from names.
func (p *promgenImport) read(ctx context.Context) (promgen.Source, error) {
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	source, err := p.readFrom(limited)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return source, &unavailable{fmt.Errorf("reading Promgen took longer than --timeout=%s", p.timeout)}
	}
	source.Name = p.name
	return source, err
}

func (p *promgenImport) readFrom(ctx context.Context) (promgen.Source, error) {
	if p.web() {
		return p.readWeb(ctx)
	}
	if p.name == "" {
		p.name = "promgen"
	}
	password, err := secret("--password-file", "", p.passwordFile, "PROMSHARD_PROMGEN_PASSWORD")
	if err != nil {
		return promgen.Source{}, err
	}
	db, err := promgen.ParseDSN(p.from, password)
	if err != nil {
		return promgen.Source{}, err
	}
	return db.Read(ctx)
}

// web reports whether --from is the address of a web server.
func (p *promgenImport) web() bool {
	scheme, _, _ := strings.Cut(p.from, "://")
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}

func (p *promgenImport) readWeb(ctx context.Context) (promgen.Source, error) {
	if p.name == "" {
		p.name = "promgen-web"
	}
	u, err := url.Parse(p.from)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return promgen.Source{}, &usageError{err: errors.New("--from is not the address of a web server, such as https://promgen.example")}
	}
	token, err := secret("--promgen-token-file", p.token, p.tokenFile, "PROMSHARD_PROMGEN_TOKEN")
	if err != nil {
		return promgen.Source{}, err
	}
	return promgen.Web{URL: u, Token: token, Client: newHTTPClient(p.timeout), UserAgent: userAgent()}.Read(ctx)
}

// secret returns what was given, what is in the file, or what the environment has, in this order.
func secret(flag, given, file, variable string) (string, error) {
	switch {
	case given != "":
		return given, nil
	case file == "":
		return os.Getenv(variable), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", &usageError{err: fmt.Errorf("%s: %w", flag, err)}
	}
	if s := strings.TrimRight(string(text), "\r\n"); s != "" {
		return s, nil
	}
	return "", &usageError{err: fmt.Errorf("%s: %s is empty", flag, file)}
}
