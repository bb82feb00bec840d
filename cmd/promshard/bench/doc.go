// Package bench measures promshard as a whole: what docs/performance.md shows. Each measurement is a test behind the
// build tag bench, and compares, in one run on one machine, what promshard does with the least that could be done:
//
//	go test -tags bench -count 1 -timeout 2h -v ./cmd/promshard/bench
//	PROMSHARD_BENCH_QUICK=1 go test -tags bench -count 1 -v -run TestFullLoad ./cmd/promshard/bench
//
// The table goes to .cache/bench/report.md. A goal that is missed is marked there and fails nothing; a lost write, a
// wrong answer or a list that shrinks fails the test.
//
// The environment says how much is measured:
//
//	PROMSHARD_BENCH_FLEET    line (the default) or million; million measures line as well, where that takes moments
//	PROMSHARD_BENCH_QUICK    1 for durations and repetitions that only show that everything works
//	PROMSHARD_BENCH_ROUND    how long wrk asks one server before the next one's turn, 3s by default
//	PROMSHARD_BENCH_SETTLE   how long a server's memory is watched after its load, 150s by default
//	PROMSHARD_BENCH_WRITE    how long the 200 writers write, 1m by default
package bench
