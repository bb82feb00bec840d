package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

var adminGrant = store.Grant{Role: store.RoleAdmin, On: store.Everything}

// token creates a token and returns it with its secret.
func token(t *testing.T, s *store.Store, name string, grants ...store.Grant) (store.Principal, string) {
	t.Helper()
	p := store.Principal{Kind: store.KindToken, Name: name, Grants: grants}
	secret, err := s.CreatePrincipal(t.Context(), &p)
	require.NoError(t, err)
	return p, secret
}

func TestTokensHaveTheirForm(t *testing.T) {
	s := storetest.SQLite(t)
	_, secret := token(t, s, "ci", adminGrant)
	require.True(t, store.ValidToken(secret), secret)
	assert.True(t, strings.HasPrefix(secret, "psh_"))
	for _, bad := range []string{"", "psh_", secret[4:], secret + "0", strings.ToUpper(secret), secret[:len(secret)-1]} {
		assert.False(t, store.ValidToken(bad), bad)
	}
	for i := len("psh_"); i < len(secret); i++ {
		other := []byte(secret)
		other[i] ^= 1
		// The last letter has spare bits: what differs in those alone is not told apart by the form.
		if i < len(secret)-1 {
			assert.False(t, store.ValidToken(string(other)), "a mistyped letter is noticed")
		}
		_, err := s.Authenticate(t.Context(), string(other))
		require.ErrorIs(t, err, store.ErrUnknownToken)
	}
}

func FuzzValidToken(f *testing.F) {
	f.Add("psh_")
	f.Add("psh_000000000000000000000000000000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		if store.ValidToken(text) {
			require.True(t, strings.HasPrefix(text, store.TokenPrefix))
			require.Len(t, text, 43)
		}
	})
}

func TestPrincipalsConform(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		ctx := t.Context()
		var secret string
		ci := store.Principal{Kind: store.KindToken, Name: "ci", Grants: []store.Grant{
			{Role: store.RoleReader, On: "shard", Name: "prod"},
			{Role: store.RoleEditor, On: "service", ID: p.service.ID},
		}}
		entry := journalled(t, s, "token.create", func(ctx context.Context) (err error) {
			secret, err = s.CreatePrincipal(ctx, &ci)
			return err
		})
		assert.Equal(t, `created token "ci": editor on service "shop", reader on shard "prod"`, entry.Summary)
		assert.Equal(t, "ann", ci.CreatedBy)
		page, err := s.JournalPage(ctx, entry.Revision, 0, 0)
		require.NoError(t, err)
		assert.Equal(t, "ci", page.Objects[0].Name)
		all, err := json.Marshal(entry)
		require.NoError(t, err)
		hash := store.HashToken(secret)
		assert.NotContains(t, string(all), secret)
		assert.NotContains(t, strings.ToLower(string(all)), "hash")
		assert.NotContains(t, string(all), string(hash[:]))

		listed, err := s.Principals(ctx, store.PrincipalFilter{Kind: store.KindToken})
		require.NoError(t, err)
		require.Equal(t, []store.Principal{ci}, listed)
		who, err := s.Authenticate(ctx, secret)
		require.NoError(t, err)
		require.Equal(t, ci, who)
		require.Equal(t, "token:ci", who.String())

		later := time.Now().Add(time.Hour)
		expires := &later
		grants := []store.Grant{{Role: store.RoleViewer}}
		journalled(t, s, "access.update", func(ctx context.Context) (err error) {
			ci, err = s.UpdatePrincipal(ctx, ci.ID, store.PrincipalUpdate{Grants: &grants, ExpiresAt: &expires})
			return err
		})
		assert.Equal(t, []store.Grant{{Role: store.RoleViewer, On: store.Everything}}, ci.Grants)
		idle(t, s, func(ctx context.Context) error {
			_, err := s.UpdatePrincipal(ctx, ci.ID, store.PrincipalUpdate{Grants: &grants})
			return err
		})
		who, err = s.Authenticate(ctx, secret)
		require.NoError(t, err, "a change leaves the secret as it is")
		require.Equal(t, ci, who)

		journalled(t, s, "access.delete", func(ctx context.Context) error { return s.DeletePrincipal(ctx, ci.ID, store.DeleteOptions{}) })
		_, err = s.Authenticate(ctx, secret)
		require.ErrorIs(t, err, store.ErrUnknownToken)
		require.ErrorIs(t, s.DeletePrincipal(ctx, ci.ID, store.DeleteOptions{}), store.ErrNotFound)
		_, err = s.UpdatePrincipal(ctx, ci.ID, store.PrincipalUpdate{})
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestPrincipalsThatAreRefused(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, _ seed) {
		_, secret := token(t, s, "taken", adminGrant)
		past := time.Now().Add(-time.Second)
		good := []store.Grant{{Role: store.RoleEditor, On: "service", Name: "shop"}}
		for text, c := range map[string]struct {
			kind error
			p    store.Principal
		}{
			"is taken by another token":        {store.ErrConflict, store.Principal{Kind: "token", Name: "taken", Grants: good}},
			"kind":                             {store.ErrInvalid, store.Principal{Kind: "robot", Name: "x", Grants: good}},
			"name: is missing":                 {store.ErrInvalid, store.Principal{Kind: "user", Grants: good}},
			"is the secret of a token":         {store.ErrInvalid, store.Principal{Kind: "token", Name: secret, Grants: good}},
			"give at least one role":           {store.ErrInvalid, store.Principal{Kind: "token", Name: "x"}},
			"there are reader, viewer, editor": {store.ErrInvalid, store.Principal{Kind: "token", Name: "x", Grants: []store.Grant{{Role: "god"}}}},
			"there are everything, service": {store.ErrInvalid, store.Principal{
				Kind: "token", Name: "x",
				Grants: []store.Grant{{Role: store.RoleReader, On: "farm", Name: "api-farm"}},
			}},
			"always on everything": {store.ErrInvalid, store.Principal{
				Kind: "token", Name: "x",
				Grants: []store.Grant{{Role: store.RoleAdmin, On: "shard", Name: "prod"}},
			}},
			`token service "nope"`: {store.ErrNotFound, store.Principal{
				Kind: "token", Name: "x",
				Grants: []store.Grant{{Role: store.RoleReader, On: "service", Name: "nope"}},
			}},
			"name the service": {store.ErrInvalid, store.Principal{
				Kind: "token", Name: "x",
				Grants: []store.Grant{{Role: store.RoleReader, On: "service"}},
			}},
			"one thing twice": {store.ErrInvalid, store.Principal{
				Kind: "token", Name: "x",
				Grants: []store.Grant{{Role: store.RoleReader, On: "shard", Name: "prod"}, {Role: store.RoleEditor, On: "shard", Name: "prod"}},
			}},
			"a name or an id is given": {store.ErrInvalid, store.Principal{
				Kind: "token", Name: "x",
				Grants: []store.Grant{{Role: store.RoleEditor, Name: "shop"}},
			}},
			"is past": {store.ErrInvalid, store.Principal{Kind: "token", Name: "x", Grants: good, ExpiresAt: &past}},
		} {
			refused(t, s, c.kind, text, func(ctx context.Context) error {
				got, err := s.CreatePrincipal(ctx, &c.p)
				assert.Empty(t, got)
				assert.NotContains(t, err.Error(), secret)
				return err
			})
		}
	})
}

func TestChangesToAccessCanDemandAVersion(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ci, _ := token(t, s, "ci", adminGrant)
		require.EqualValues(t, 1, ci.Version)
		require.NoError(t, s.CreateProbe(t.Context(), &store.Probe{Module: "icmp"}))
		grants, demand := []store.Grant{{Role: store.RoleViewer}}, store.UpdateOptions{IfVersion: ci.Version}
		changed, err := s.UpdatePrincipal(t.Context(), ci.ID, store.PrincipalUpdate{Grants: &grants, UpdateOptions: demand})
		require.NoError(t, err)
		require.EqualValues(t, 3, changed.Version)
		refused(t, s, store.ErrStale, `token "ci" has changed since; it is now at version 3`, func(ctx context.Context) error {
			_, err := s.UpdatePrincipal(ctx, ci.ID, store.PrincipalUpdate{Grants: &[]store.Grant{adminGrant}, UpdateOptions: demand})
			return err
		})
		refused(t, s, store.ErrStale, "version 3", func(ctx context.Context) error {
			return s.DeletePrincipal(ctx, ci.ID, store.DeleteOptions{IfVersion: ci.Version})
		})
		read, err := s.Principal(t.Context(), ci.ID)
		require.NoError(t, err)
		require.Equal(t, changed, read)
		require.NoError(t, s.DeletePrincipal(t.Context(), ci.ID, store.DeleteOptions{IfVersion: 3}))
		_, err = s.Principal(t.Context(), ci.ID)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestATimeLongAgoIsNotNever(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		ci, secret := token(t, s, "ci", adminGrant)
		for _, at := range []time.Time{time.UnixMilli(0), {}, time.UnixMilli(-1)} {
			end := &at
			changed, err := s.UpdatePrincipal(t.Context(), ci.ID, store.PrincipalUpdate{ExpiresAt: &end})
			require.NoError(t, err)
			require.True(t, changed.Expired(time.Now()), at)
			_, err = s.Authenticate(t.Context(), secret)
			require.ErrorIs(t, err, store.ErrUnknownToken)
			refused(t, s, store.ErrInvalid, "is past", func(ctx context.Context) error {
				_, err := s.CreatePrincipal(ctx, &store.Principal{Kind: "user", Name: "x", Grants: []store.Grant{adminGrant}, ExpiresAt: end})
				return err
			})
		}
	})
}

// TestAccessIsForThoseWhoAreAdminsNow makes every write to access with rights that were somebody's a moment ago.
func TestAccessIsForThoseWhoAreAdminsNow(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		other, _ := token(t, s, "other", store.Grant{Role: store.RoleViewer})
		boss, _ := token(t, s, "boss", adminGrant)
		rights := store.RightsOf(boss.Grants)
		rights.Of = boss.ID
		as := func(ctx context.Context, r store.Rights) context.Context {
			return store.WithRights(store.WithActor(ctx, "token:boss"), &r)
		}
		lift := &[]store.Grant{adminGrant}
		refuseAll := func(r store.Rights) {
			t.Helper()
			for _, write := range []func(ctx context.Context) error{
				func(ctx context.Context) error {
					secret, err := s.CreatePrincipal(ctx, &store.Principal{Kind: "token", Name: "mine", Grants: *lift})
					assert.Empty(t, secret)
					return err
				},
				func(ctx context.Context) error {
					_, err := s.UpdatePrincipal(ctx, boss.ID, store.PrincipalUpdate{Grants: lift})
					return err
				},
				func(ctx context.Context) error {
					_, err := s.UpdatePrincipal(ctx, other.ID, store.PrincipalUpdate{Grants: lift})
					return err
				},
				func(ctx context.Context) error { return s.DeletePrincipal(ctx, other.ID, store.DeleteOptions{}) },
			} {
				refused(t, s, store.ErrForbidden, "token:boss may not write tokens or grants", func(ctx context.Context) error { return write(as(ctx, r)) })
			}
		}
		refuseAll(store.RightsOf([]store.Grant{{Role: store.RoleEditor, On: store.Everything}}))

		soon := time.Now().Add(time.Minute)
		end := &soon
		_, err := s.UpdatePrincipal(as(t.Context(), rights), other.ID, store.PrincipalUpdate{ExpiresAt: &end})
		require.NoError(t, err, "who is one may")
		past := time.Now().Add(-time.Second)
		end = &past
		_, err = s.UpdatePrincipal(t.Context(), boss.ID, store.PrincipalUpdate{ExpiresAt: &end})
		require.NoError(t, err)
		refuseAll(rights)
		end = nil
		_, err = s.UpdatePrincipal(t.Context(), boss.ID, store.PrincipalUpdate{ExpiresAt: &end, Grants: &[]store.Grant{{Role: store.RoleEditor}}})
		require.NoError(t, err)
		refuseAll(rights)
		_, err = s.UpdatePrincipal(t.Context(), boss.ID, store.PrincipalUpdate{Grants: lift})
		require.NoError(t, err)
		require.NoError(t, s.DeletePrincipal(as(t.Context(), rights), boss.ID, store.DeleteOptions{}), "one may take one's own role away")
		refuseAll(rights)
	})
}

func TestExpiredTokensAreUnknown(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		soon := time.Now().Add(300 * time.Millisecond)
		p := store.Principal{Kind: store.KindToken, Name: "short", Grants: []store.Grant{adminGrant}, ExpiresAt: &soon}
		secret, err := s.CreatePrincipal(t.Context(), &p)
		require.NoError(t, err)
		_, err = s.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := s.Authenticate(t.Context(), secret)
			return errors.Is(err, store.ErrUnknownToken)
		}, 10*time.Second, 20*time.Millisecond)
	})
}

func TestAccessRevisionMovesWithAccessAlone(t *testing.T) {
	withSeed(t, func(t *testing.T, s *store.Store, p seed) {
		at := func() store.AccessRevision {
			r, err := s.AccessRevision(t.Context())
			require.NoError(t, err)
			return r
		}
		before := at()
		require.Zero(t, before.Number)
		require.NoError(t, s.CreateProbe(t.Context(), &store.Probe{Module: "icmp"}))
		require.Equal(t, before, at())
		ci, secret := token(t, s, "ci", store.Grant{Role: store.RoleEditor, On: "project", Name: "shop-api"})
		created := at()
		require.NotEqual(t, before, created)

		r, entries, err := s.Access(t.Context())
		require.NoError(t, err)
		require.Equal(t, created, r)
		require.Equal(t, []store.AccessEntry{{Principal: ci, Hash: store.HashToken(secret)}}, entries)

		used := time.UnixMilli(time.Now().Add(time.Minute).UnixMilli()).UTC()
		idle(t, s, func(ctx context.Context) error {
			return s.MarkUsed(ctx, map[int64]time.Time{ci.ID: used, 4711: used})
		})
		require.NoError(t, s.MarkUsed(t.Context(), map[int64]time.Time{ci.ID: used.Add(-time.Second)}), "what is known to be later stays")
		require.Equal(t, created, at(), "nobody need look for that")
		list, err := s.Principals(t.Context(), store.PrincipalFilter{Name: "ci"})
		require.NoError(t, err)
		require.Equal(t, &used, list[0].LastUsedAt)

		require.NoError(t, s.DeleteProject(t.Context(), p.project.ID, store.DeleteOptions{Cascade: true}))
		list, err = s.Principals(t.Context(), store.PrincipalFilter{})
		require.NoError(t, err)
		require.Equal(t, `editor on a project that is gone (id 1)`, list[0].Grants[0].String())
	})
}

func TestFirstTokenIsCreatedOnce(t *testing.T) {
	storetest.RunURL(t, func(t *testing.T, u string) {
		secrets := make([]string, 4)
		var all sync.WaitGroup
		for i := range secrets {
			s := storetest.Open(t, u)
			all.Go(func() {
				secret, created, err := s.FirstToken(t.Context(), nil)
				assert.NoError(t, err)
				assert.Equal(t, created, secret != "")
				secrets[i] = secret
			})
		}
		all.Wait()
		secret := strings.Join(secrets, "")
		s := storetest.Open(t, u)
		p, err := s.Authenticate(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, []store.Grant{adminGrant}, p.Grants)

		require.NoError(t, s.DeletePrincipal(t.Context(), p.ID, store.DeleteOptions{}))
		_, created, err := s.FirstToken(t.Context(), nil)
		require.NoError(t, err)
		require.False(t, created, "what was revoked does not come back")
	})
}

func TestFirstTokenThatWasPutDownBeforeACrash(t *testing.T) {
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		_, left := token(t, storetest.SQLite(t), "elsewhere", adminGrant)
		boom := errors.New("disk full")
		_, created, err := s.FirstToken(t.Context(), func(string) (string, error) { return "", boom })
		require.ErrorIs(t, err, boom)
		require.False(t, created)
		_, _, err = s.FirstToken(t.Context(), func(string) (string, error) { return "psh_x", nil })
		require.ErrorIs(t, err, store.ErrInvalid)

		secret, created, err := s.FirstToken(t.Context(), func(string) (string, error) { return left, nil })
		require.NoError(t, err)
		require.True(t, created)
		require.Equal(t, left, secret)
		_, err = s.Authenticate(t.Context(), left)
		require.NoError(t, err)
	})
}
