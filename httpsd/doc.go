// Package httpsd serves the inventory over HTTP: the lists that Prometheus polls, Promgen's addresses for the same
// lists, metrics, health and a landing page. A Publisher follows the database; requests read its snapshot and never
// touch the database.
package httpsd
