package main

import (
	"context"
	"runtime/debug"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

// buildInfo is the version as --output json prints it.
type buildInfo struct {
	Version   string `json:"version"`
	Revision  string `json:"revision"`
	Branch    string `json:"branch"`
	BuildUser string `json:"build_user"`
	BuildDate string `json:"build_date"`
	GoVersion string `json:"go_version"`
	Platform  string `json:"platform"`
}

func (a *app) addVersion() {
	a.command(a.kingpin, "version", "Show the version and how it was built.", "promshard version --output=json", func(cmd *kingpin.CmdClause) action {
		out := a.addOutput(cmd)
		return func(context.Context) error {
			info := buildInfo{
				Version: version.Version, Revision: version.GetRevision(), Branch: version.Branch,
				BuildUser: version.BuildUser, BuildDate: version.BuildDate,
				GoVersion: version.GoVersion, Platform: version.GoOS + "/" + version.GoArch,
			}
			return out.print(info, func() string { return version.Print("promshard") + "\n" })
		}
	})
}

// fillVersion takes the version from the module when the build has not set it: "(devel)", or that of go install.
func fillVersion() {
	if info, ok := debug.ReadBuildInfo(); ok && version.Version == "" {
		version.Version = info.Main.Version
	}
}
