package main

// addImportCommands declares the commands that take over from what kept the targets before.
func (a *app) addImportCommands() {
	parent := a.kingpin.Command("import", "Import: take over what another program kept.")
	a.addImportPromgen(parent)
	a.addImportPrometheus(parent)
}
