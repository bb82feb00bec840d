// Package promtest holds tests of package httpsd against Prometheus's own discovery and scrape packages. They stand
// apart because those take long to compile.
package promtest
