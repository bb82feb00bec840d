package store

import (
	"errors"
	"strconv"
)

// refuse leaves a row of the source out: what is here stays, and what is not is not created.
func (n *syncNoun[T]) refuse(in *syncIncoming[T], err error) {
	in.done = true
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Reason: err.Error()}
	}
	hint := e.Hint
	if hint == "" {
		hint = "correct it in the source; the next run takes it in"
	}
	issue := n.complain(in, SyncIssue{Kind: SyncRefused, Field: e.Field, Value: e.Value, Reason: e.Reason, Hint: hint})
	if in.mine == nil {
		n.leaveOut(in, issue)
	}
}

// leaveOut lets nothing come of a row that is not here, nor of what hangs on it: that is counted to the issue.
func (n *syncNoun[T]) leaveOut(in *syncIncoming[T], issue *SyncIssue) {
	in.done = true
	n.out[in.key] = issue
	delete(n.ids, in.key)
}

// contradict notes that both sides have changed a field.
func (n *syncNoun[T]) contradict(in *syncIncoming[T], field, theirs, ours string, known bool) {
	reason := "is " + strconv.Quote(shorten(ours)) + " here"
	if known {
		reason = "was changed here as well, to " + strconv.Quote(shorten(ours))
	}
	n.complain(in, SyncIssue{
		Kind: SyncConflict, Field: field, Value: shorten(theirs), Reason: reason,
		Hint: "make both sides the same, or let the source win",
	})
}

// complain adds an issue about a row of the source.
func (n *syncNoun[T]) complain(in *syncIncoming[T], issue SyncIssue) *SyncIssue {
	issue.Noun, issue.Key = n.noun(), in.key
	issue.Name, _ = n.table.label(in.row)
	if n.project != nil {
		issue.Project = n.project(&in.row)
	}
	n.issues = append(n.issues, &issue)
	return &issue
}

func (n *syncNoun[T]) blame(key int64) *SyncIssue { return n.out[key] }

func (n *syncNoun[T]) mourn(key int64) *SyncIssue {
	if n.out[key] == nil {
		n.out[key] = n.complain(n.incoming[key], SyncIssue{
			Kind: SyncConflict, Reason: "was deleted here, and the source has more below it than before",
			Hint: "delete it in the source, or create it here again",
		})
	}
	return n.out[key]
}
