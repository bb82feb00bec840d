package httpsd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// numberOf is the revision that an inventory is at.
func numberOf(t *testing.T, s *store.Store) int64 {
	t.Helper()
	r, err := s.Revision(t.Context())
	require.NoError(t, err)
	return r.Number
}

func TestTheLifeOfAToken(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		const base = "/api/v2/tokens"
		created := a.do(t, http.MethodPost, base, `{"name":"ci","grants":[{"role":"editor","on":"service","name":"shop"},{"role":"reader","on":"shard","id":1}]}`)
		made := data[withSecret](t, created, http.StatusCreated)
		assert.Equal(t, fmt.Sprint(base, "/", made.Token.ID), created.header.Get("Location"))
		tag := created.header.Get("ETag")
		assert.Equal(t, versionTag(made.Token.Version), tag)
		assert.Equal(t, "no-store", created.header.Get("Cache-Control"))
		who, err := a.store.Authenticate(t.Context(), made.Secret)
		require.NoError(t, err)
		assert.Equal(t, made.Token, who)
		requireError(t, a.do(t, http.MethodPost, base, `{"name":"ci","grants":[{"role":"reader"}]}`), http.StatusConflict, "conflict")

		var shown strings.Builder // all that is answered later
		for _, target := range []string{base + "/ci", created.header.Get("Location"), "/api/v2/access/token:ci", fmt.Sprint("/api/v2/access/", who.ID)} {
			read := a.do(t, http.MethodGet, target, nil)
			assert.Equal(t, who, data[store.Principal](t, read, http.StatusOK), target)
			assert.Equal(t, tag, read.header.Get("ETag"), target)
			shown.WriteString(read.body)
		}
		changed := a.do(t, http.MethodPatch, base+"/ci", `{"grants":[{"role":"viewer"}],"expires_at":"2040-01-31T12:00:00+09:00"}`, "If-Match", tag, "Content-Type", mergePatchType)
		now := data[store.Principal](t, changed, http.StatusOK)
		assert.Equal(t, []store.Grant{{Role: store.RoleViewer, On: store.Everything}}, now.Grants)
		assert.Equal(t, "2040-01-31T03:00:00Z", now.ExpiresAt.Format(time.RFC3339))
		assert.Equal(t, versionTag(now.Version), changed.header.Get("ETag"))
		for _, method := range []string{http.MethodPatch, http.MethodDelete} {
			requireError(t, a.do(t, method, base+"/ci", `{"grants":[{"role":"admin"}]}`, "If-Match", tag), http.StatusPreconditionFailed, "stale")
		}
		again := a.do(t, http.MethodPatch, base+"/ci", `{"grants":[{"role":"viewer"}]}`)
		assert.Equal(t, now, data[store.Principal](t, again, http.StatusOK), "a change that changes nothing")
		assert.Contains(t, again.body, `"receipt":{"revision":0}`)
		endless := data[store.Principal](t, a.do(t, http.MethodPatch, base+"/ci", `{"expires_at":null}`), http.StatusOK)
		assert.Nil(t, endless.ExpiresAt)
		_, err = a.store.Authenticate(t.Context(), made.Secret)
		require.NoError(t, err, "changes leave the secret as it is")

		revoked := a.do(t, http.MethodDelete, base+"/ci", nil, "If-Match", versionTag(endless.Version))
		assert.Equal(t, endless, data[store.Principal](t, revoked, http.StatusOK))
		_, err = a.store.Authenticate(t.Context(), made.Secret)
		require.ErrorIs(t, err, store.ErrUnknownToken)
		for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
			requireError(t, a.do(t, method, base+"/ci", `{}`), http.StatusNotFound, "not_found")
		}
		for revision := range numberOf(t, a.store) {
			shown.WriteString(a.do(t, http.MethodGet, fmt.Sprint("/api/v2/journal/", revision+1), nil).body)
		}
		shown.WriteString(changed.body + again.body + revoked.body + a.do(t, http.MethodGet, base, nil).body)
		hash := store.HashToken(made.Secret)
		for _, text := range []string{shown.String(), a.log.String()} {
			assert.NotContains(t, text, made.Secret)
			assert.NotContains(t, text, fmt.Sprintf("%x", hash[:]))
		}
	})
}

func TestUsersAndCertificatesAreLetIn(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		const base = "/api/v2/access"
		created := a.do(t, http.MethodPost, base, `{"kind":"user","name":"ann/x:y","grants":[{"role":"admin"}],"expires_at":null}`)
		ann := data[store.Principal](t, created, http.StatusCreated)
		assert.Equal(t, base+"/1", created.header.Get("Location"))
		assert.NotContains(t, created.body, "secret")
		data[store.Principal](t, a.do(t, http.MethodPost, base, `{"kind":"certificate","name":"7","grants":[{"role":"viewer"}]}`), http.StatusCreated)
		assert.Equal(t, ann, data[store.Principal](t, a.do(t, http.MethodGet, base+"/"+url.PathEscape("user:ann/x:y"), nil), http.StatusOK))
		for _, key := range []string{"user:7", "user:", "robot:7", ":7", "ann", "3", "99999999999999999999", "certificate"} {
			got := a.do(t, http.MethodGet, base+"/"+key, nil)
			requireError(t, got, http.StatusNotFound, "not_found")
		}
		for _, target := range []string{"/api/v2/tokens/1", "/api/v2/tokens/ann%2Fx:y", "/api/v2/tokens/user:7"} {
			requireError(t, a.do(t, http.MethodDelete, target, nil), http.StatusNotFound, "not_found")
		}
		assert.Empty(t, data[listing[store.Principal]](t, a.do(t, http.MethodGet, "/api/v2/tokens", nil), http.StatusOK).Items)

		refused := a.do(t, http.MethodPost, base, `{"kind":"token","name":"x","grants":[{"role":"viewer"}]}`)
		assert.Contains(t, requireError(t, refused, http.StatusBadRequest, "bad_data"), "is created elsewhere, where its secret is answered")
		assert.Contains(t, refused.body, "POST /api/v2/tokens")
		data[store.Principal](t, a.do(t, http.MethodDelete, base+"/certificate:7", nil), http.StatusOK)
		assert.EqualValues(t, 3, numberOf(t, a.store))
	})
}

// refusedGrants are lists of grants that no body may have, and the field that the refusal names.
var refusedGrants = map[string]string{
	`{}`: "grants", `null`: "grants", `[]`: "grants", `["admin"]`: "grants[0]", `[null]`: "grants[0]", `[{}]`: "role",
	`[{"role":"god"}]`: "role", `[{"role":7}]`: "grants[0].role", `[{"role":"viewer","on":"farm"}]`: "on", `[{"role":"viewer","at":"x"}]`: "grants[0].at",
	`[{"role":"viewer","role":"admin"}]`: "grants[0].role", `[{"role":"admin","on":"shard","name":"prod"}]`: "on",
	// These would be on everything, or could be meant to be.
	`[{"role":"editor","name":"shop"}]`: "on", `[{"role":"editor","on":"everything","id":1}]`: "on", `[{"role":"editor","on":""}]`: "grants[0].on",
	`[{"role":"editor","on":"service","id":0}]`: "grants[0].id", `[{"role":"editor","on":"service","name":""}]`: "grants[0].name",
	`[{"role":"editor","on":"service"}]`: "service", `[{"role":"editor","on":"service","name":null}]`: "grants[0].name",
	`[{"role":"viewer"},{"role":"editor"}]`: "grants",
}

func TestRefusalsOfWhoMayDoWhat(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		plant(t, a.store)
		token := data[withSecret](t, a.do(t, http.MethodPost, "/api/v2/tokens", `{"name":"ci","grants":[{"role":"viewer"}]}`), http.StatusCreated)
		before := numberOf(t, a.store)
		refuse := func(method, target, body, field string) {
			t.Helper()
			got := a.do(t, method, target, body)
			requireError(t, got, http.StatusBadRequest, "bad_data")
			var form errorBody
			require.NoError(t, json.Unmarshal([]byte(got.body), &form))
			assert.Equal(t, field, form.Field, "%s %s", target, body)
			assert.NotContains(t, got.body, token.Secret)
		}
		for grants, field := range refusedGrants {
			refuse(http.MethodPost, "/api/v2/tokens", `{"name":"x","grants":`+grants+`}`, field)
			refuse(http.MethodPost, "/api/v2/access", `{"kind":"user","name":"x","grants":`+grants+`}`, field)
			refuse(http.MethodPatch, "/api/v2/tokens/ci", `{"grants":`+grants+`}`, field)
		}
		for rest, field := range map[string]string{
			`"name":""`: "name", `"name":7`: "name", `"name":" x"`: "name", `"name":"` + token.Secret + `"`: "name", `"expires_at":"tomorrow"`: "expires_at", `"expires_at":7`: "expires_at",
			`"name":"x","expires_at":"1970-01-01T00:00:00Z"`: "expires_at", `"secret":"psh_x"`: "secret", `"id":7`: "id", `"kind":"token"`: "kind",
		} {
			refuse(http.MethodPost, "/api/v2/tokens", `{"grants":[{"role":"viewer"}],`+rest+`}`, field)
		}
		for rest, field := range map[string]string{``: "kind", `,"kind":"robot"`: "kind", `,"kind":7`: "kind"} {
			refuse(http.MethodPost, "/api/v2/access", `{"name":"x","grants":[{"role":"viewer"}]`+rest+`}`, field)
		}
		for _, body := range []string{`{"name":"other"}`, `{"kind":"user"}`, `{"last_used_at":null}`} {
			refuse(http.MethodPatch, "/api/v2/tokens/ci", body, strings.Split(body, `"`)[1])
		}
		missing := a.do(t, http.MethodPost, "/api/v2/tokens", `{"name":"x","grants":[{"role":"viewer","on":"shard","name":"none"}]}`)
		requireError(t, missing, http.StatusNotFound, "not_found")
		requireError(t, a.do(t, http.MethodPost, "/api/v2/tokens", `{}`, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "bad_data")
		requireError(t, a.do(t, http.MethodPost, "/api/v2/tokens", `{}`, "If-Match", `"1"`), http.StatusBadRequest, "bad_data")
		tried := a.do(t, http.MethodPost, "/api/v2/tokens?dry_run=true", `{"name":"x","grants":[{"role":"viewer"}]}`)
		assert.Empty(t, data[withSecret](t, tried, http.StatusOK).Secret)
		assert.Empty(t, tried.header.Get("Location"))
		data[store.Principal](t, a.do(t, http.MethodDelete, "/api/v2/tokens/ci?dry_run=true", nil), http.StatusOK)
		assert.Equal(t, before, numberOf(t, a.store), "nothing of it was kept")

		past := data[store.Principal](t, a.do(t, http.MethodPatch, "/api/v2/tokens/ci", `{"expires_at":"1970-01-01T00:00:00Z"}`), http.StatusOK)
		assert.NotNil(t, past.ExpiresAt, "long ago is not never")
		_, err := a.store.Authenticate(t.Context(), token.Secret)
		require.ErrorIs(t, err, store.ErrUnknownToken)
	})
}

func TestNoSecretIsAnsweredTwice(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		const token, user = `{"name":"ci","grants":[{"role":"viewer"}]}`, `{"kind":"user","name":"ann","grants":[{"role":"viewer"}]}`
		refused := a.do(t, http.MethodPost, "/api/v2/tokens", token, keyHeader, "k1")
		assert.Contains(t, requireError(t, refused, http.StatusBadRequest, "bad_data"), "cannot be answered twice")
		assert.Zero(t, numberOf(t, a.store))
		first := a.do(t, http.MethodPost, "/api/v2/access", user, keyHeader, "k1")
		again := a.do(t, http.MethodPost, "/api/v2/access", user, keyHeader, "k1")
		assert.Equal(t, data[store.Principal](t, first, http.StatusCreated), data[store.Principal](t, again, http.StatusCreated))
		assert.Contains(t, again.body, `"replayed":true`)
		requireError(t, a.do(t, http.MethodDelete, "/api/v2/access/1", nil, keyHeader, "k2"), http.StatusBadRequest, "bad_data")
		requireError(t, a.do(t, http.MethodPatch, "/api/v2/access/1", `{}`, keyHeader, "k2"), http.StatusBadRequest, "bad_data")
	})
}

func TestPagesOfWhoIsLetIn(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		var want []string
		for _, kind := range []string{store.KindCertificate, store.KindToken, store.KindUser} {
			for _, name := range []string{"A", "a", "b:c", "ぞ"} {
				_, err := a.store.CreatePrincipal(t.Context(), &store.Principal{Kind: kind, Name: name, Grants: []store.Grant{roleOn(store.RoleViewer)}})
				require.NoError(t, err)
				want = append(want, kind+":"+name)
			}
		}
		walk := func(target string) (names []string) {
			t.Helper()
			for cursor := ""; ; {
				page := data[listing[store.Principal]](t, a.do(t, http.MethodGet, target+cursor, nil), http.StatusOK)
				for _, p := range page.Items {
					names = append(names, p.String())
				}
				if page.Next == "" {
					return names
				}
				require.Len(t, page.Items, 3)
				cursor = "&cursor=" + page.Next
				if len(names) == 6 { // what is gone since does not move the others
					require.NoError(t, a.store.DeletePrincipal(t.Context(), page.Items[2].ID, store.DeleteOptions{}))
				}
			}
		}
		assert.Equal(t, want, walk("/api/v2/access?limit=3"))
		assert.Equal(t, []string{"token:A", "token:b:c", "token:ぞ"}, walk("/api/v2/tokens?limit=3"))
		assert.Equal(t, []string{"certificate:a"}, walk("/api/v2/access?kind=certificate&name=a"))
		assert.Empty(t, walk("/api/v2/access?name=none"))
		for _, query := range []string{"cursor=x", "cursor=cm9ib3Q6eA", "kind=robot", "kind=", "name=", "limit=0", "limit=1001", "q=x", "sort=name"} {
			requireError(t, a.do(t, http.MethodGet, "/api/v2/access?"+query, nil), http.StatusBadRequest, "bad_data")
		}
		requireError(t, a.do(t, http.MethodGet, "/api/v2/tokens?kind=token", nil), http.StatusBadRequest, "bad_data")
	})
}

// TestNobodyLiftsThemselves has everybody who is no admin try to get more than they have.
func TestNobodyLiftsThemselves(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	g := guard(t, s, AccessOptions{})
	adminID, admin := g.grant(t, "boss", roleOn(store.RoleAdmin))
	granted := numberOf(t, s)
	for name, grants := range map[string][]store.Grant{
		"reader": {roleOn(store.RoleReader)}, "viewer": {roleOn(store.RoleViewer)}, "editor": {roleOn(store.RoleEditor)},
		"owner": {roleOn(store.RoleEditor, "service", "a"), roleOn(store.RoleEditor, "shard", "a")},
	} {
		id, header := g.grant(t, name, grants...)
		before, err := s.AccessRevision(t.Context())
		require.NoError(t, err)
		lift := `{"grants":[{"role":"admin"}]}`
		for _, base := range []string{"/api/v2/tokens", "/api/v2/access"} {
			for _, call := range [][3]string{
				{http.MethodGet, base, ""},
				{http.MethodGet, fmt.Sprint(base, "/", id), ""},
				{http.MethodPost, base, `{"kind":"user","name":"x","grants":[{"role":"admin"}]}`},
				{http.MethodPost, base, `{"name":"x","grants":[{"role":"admin"}]}`},
				{http.MethodPatch, fmt.Sprint(base, "/", id), lift},
				{http.MethodPatch, fmt.Sprint(base, "/", id) + "?dry_run=true", lift},
				{http.MethodDelete, fmt.Sprint(base, "/", adminID), ""},
			} {
				got := g.do(t, call[0], call[1], call[2], "Authorization", header)
				requireError(t, got, http.StatusForbidden, "forbidden")
				requireError(t, g.do(t, call[0], call[1], call[2]), http.StatusUnauthorized, "unauthorized")
			}
		}
		undone := g.code(t, http.MethodPost, fmt.Sprintf("/api/v2/journal/%d/revert", granted), header)
		assert.Contains(t, []int{http.StatusForbidden, http.StatusBadRequest}, undone, "nor does undoing what was granted")
		after, err := s.AccessRevision(t.Context())
		require.NoError(t, err)
		assert.Equal(t, before, after, name)
	}
	requireError(t, g.do(t, http.MethodPost, fmt.Sprintf("/api/v2/journal/%d/revert", granted), nil, "Authorization", admin), http.StatusBadRequest, "bad_data")
}

func TestAnAdminIsNamedAndMayGo(t *testing.T) {
	s := storetest.SQLite(t)
	g := guard(t, s, AccessOptions{})
	_, admin := g.grant(t, "boss", roleOn(store.RoleAdmin))
	made := data[withSecret](t, g.do(t, http.MethodPost, "/api/v2/tokens", `{"name":"second","grants":[{"role":"admin"}]}`, "Authorization", admin), http.StatusCreated)
	assert.Equal(t, "token:boss", made.Token.CreatedBy)
	g.settle(t)
	second := "Bearer " + made.Secret
	entries, err := s.Journal(t.Context(), store.JournalFilter{Newest: true, Limit: 1})
	require.NoError(t, err)
	assert.Equal(t, "token:boss", entries[0].Actor)
	assert.Equal(t, `created token "second": admin on everything`, entries[0].Summary)

	// As on the database, admins may take their own role away, the last one too.
	for _, c := range []struct{ name, header string }{{"boss", admin}, {"second", second}} {
		data[store.Principal](t, g.do(t, http.MethodDelete, "/api/v2/tokens/"+c.name, nil, "Authorization", c.header), http.StatusOK)
		g.settle(t)
		requireError(t, g.do(t, http.MethodGet, "/api/v2/tokens", nil, "Authorization", c.header), http.StatusUnauthorized, "unauthorized")
	}
	_, _ = g.grant(t, "third", roleOn(store.RoleAdmin)) // which the database gives
}

// TestARoleThatIsGoneIsNotHandedOn asks a server that has not heard yet who is no admin any more.
func TestARoleThatIsGoneIsNotHandedOn(t *testing.T) {
	s := storetest.SQLite(t)
	twoShards(t, s)
	source := &brokenSource{Store: s, broken: make(chan struct{})}
	g := guard(t, s, AccessOptions{Source: source, CheckInterval: 5 * time.Millisecond})
	headers := map[string]string{}
	ids := map[string]int64{}
	for _, name := range []string{"revoked", "lowered", "expired"} {
		ids[name], headers[name] = g.grant(t, name, roleOn(store.RoleAdmin))
	}
	other, _ := g.grant(t, "other", roleOn(store.RoleViewer))
	close(source.broken)
	require.Eventually(t, func() bool { return testutil.ToFloat64(g.access.metrics.errors) > 1 }, 10*time.Second, time.Millisecond)
	past, lower := time.Now().Add(-time.Second), []store.Grant{roleOn(store.RoleEditor)}
	end := &past
	require.NoError(t, s.DeletePrincipal(t.Context(), ids["revoked"], store.DeleteOptions{}))
	_, err := s.UpdatePrincipal(t.Context(), ids["lowered"], store.PrincipalUpdate{Grants: &lower})
	require.NoError(t, err)
	_, err = s.UpdatePrincipal(t.Context(), ids["expired"], store.PrincipalUpdate{ExpiresAt: &end})
	require.NoError(t, err)
	before := numberOf(t, s)
	for name, header := range headers {
		require.Equal(t, http.StatusOK, g.code(t, http.MethodGet, "/api/v2/shards", header), "the server has not heard of it")
		for _, call := range [][3]string{
			{http.MethodPost, "/api/v2/tokens", `{"name":"x","grants":[{"role":"viewer"}]}`},
			{http.MethodPost, "/api/v2/access", `{"kind":"user","name":"x","grants":[{"role":"viewer"}]}`},
			{http.MethodPatch, fmt.Sprint("/api/v2/access/", other), `{"grants":[{"role":"admin"}]}`},
			{http.MethodDelete, fmt.Sprint("/api/v2/access/", other), ""},
		} {
			got := g.do(t, call[0], call[1], call[2], "Authorization", header)
			assert.Contains(t, requireError(t, got, http.StatusForbidden, "forbidden"), "token:"+name+" may not write tokens or grants")
		}
	}
	assert.Equal(t, before, numberOf(t, s))
}

// momentary is what differs from one run of an example to the next: times, and secrets.
var momentary = regexp.MustCompile(`"20[0-9]{2}-[0-9T:.-]+Z"|psh_[0-9a-z]{39}`)

// exampleMoment puts what an example has in the place of what is momentary, and of nobody an admin: these tests show no token.
func exampleMoment(text string) string {
	text = strings.ReplaceAll(text, `"created_by":"unknown"`, `"created_by":"token:admin"`)
	return momentary.ReplaceAllStringFunc(text, func(was string) string {
		switch {
		case strings.HasPrefix(was, store.TokenPrefix):
			return store.TokenPrefix + "…"
		case strings.HasPrefix(was, `"2099`):
			return was
		}
		return `"2026-11-28T09:00:00Z"`
	})
}

func TestExamplesOfAccessInTheDocument(t *testing.T) {
	withAPI(t, func(t *testing.T, a *apiServing) {
		for _, noun := range []string{"Shard", "Server", "Service"} {
			examplesOf(t, "create"+noun).run(t, a, "")
		}
		boss := store.Principal{Kind: store.KindCertificate, Name: "first", Grants: []store.Grant{roleOn(store.RoleAdmin)}}
		_, err := a.store.CreatePrincipal(t.Context(), &boss)
		require.NoError(t, err)
		keys := strings.NewReplacer("{key}", "shop-ci")
		for _, id := range []string{
			"createToken", "getToken", "listTokens", "changeToken", "deleteToken", "createPrincipal", "getPrincipal", "listPrincipals", "changePrincipal", "deletePrincipal",
		} {
			e := examplesOf(t, id)
			if strings.HasSuffix(id, "Principal") {
				keys = strings.NewReplacer("{key}", "user:ann")
			}
			target := keys.Replace(e.route.path)
			if id == "listPrincipals" {
				target += "?kind=user"
			}
			if strings.HasPrefix(id, "change") || strings.HasPrefix(id, "delete") {
				target += "?dry_run=true"
			}
			got := a.do(t, e.route.accepts()[0], target, e.body)
			mask := func(v any) string {
				return regexp.MustCompile(`"version":[0-9]+`).ReplaceAllString(exampleMoment(mustJSON(t, v)), `"version":0`)
			}
			assert.JSONEq(t, mask(e.data), mask(data[any](t, got, e.code)), id)
		}
	})
}
