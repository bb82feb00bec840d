package store

// DatabaseFile returns the file that a database URL names; empty for a database that is no file. A URL that is none is
// ErrInvalid.
func DatabaseFile(databaseURL string) (string, error) {
	u, err := parseDatabaseURL(databaseURL)
	return u.path, err
}
