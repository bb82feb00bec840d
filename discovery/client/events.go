package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/promshard/promshard/httpsd/wire"
)

// full takes in a part of a whole set; with the last one the set is replaced.
func (st *stream) full(ctx context.Context, data []byte, id wire.ID) (good bool, err error) {
	var part wire.Full
	if err := decode(wire.EventFull, data, &part); err != nil {
		return false, err
	}
	if part.Part != st.part {
		return false, fmt.Errorf("part %d of a whole set came where part %d belongs", part.Part, st.part)
	}
	st.part++
	k := st.link.keeper
	doErr := st.link.do(ctx, func() {
		if st.draft == nil {
			st.draft = k.set.draft()
		}
		if err = st.draft.add(part.Projects); err == nil && part.Last {
			err = k.full(st.draft, id, part.ETag, Stream, st.server.name)
		}
	})
	if err = errors.Join(doErr, err); err != nil || !part.Last {
		return false, err
	}
	st.based, st.draft, st.part = true, nil, 0
	return true, nil
}

func (st *stream) delta(ctx context.Context, data []byte, id wire.ID) (err error) {
	if err := st.expect("a delta"); err != nil {
		return err
	}
	var delta wire.Delta
	if err := decode(wire.EventDelta, data, &delta); err != nil {
		return err
	}
	k := st.link.keeper
	return errors.Join(st.link.do(ctx, func() { err = k.delta(delta, id, st.server.name) }), err)
}

func (st *stream) unchanged(ctx context.Context, id wire.ID) (err error) {
	if err := st.expect("an id"); err != nil {
		return err
	}
	k := st.link.keeper
	return errors.Join(st.link.do(ctx, func() { err = k.unchanged(id, st.server.name) }), err)
}

// expect refuses what has to go on from a set while the stream has none.
func (st *stream) expect(what string) error {
	if st.draft != nil {
		return fmt.Errorf("%s came amid the parts of a whole set", what)
	}
	if !st.based {
		return fmt.Errorf("%s came before a whole set", what)
	}
	return nil
}

// behind is what a server says that the client is ahead of. It always is an error.
func (st *stream) behind(ctx context.Context, data []byte) error {
	var b wire.Behind
	if err := decode(wire.EventBehind, data, &b); err != nil {
		return err
	}
	if !b.Confirmed || b.Revision >= st.resumed.Revision {
		return &behindError{at: b.Revision, seen: b.Seen}
	}
	k := st.link.keeper
	if err := st.link.do(ctx, func() { k.forget(st.server.name, b) }); err != nil {
		return err
	}
	return errStartOver
}

func decode(event string, data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("data of the event %s: %w", event, err)
	}
	return nil
}
