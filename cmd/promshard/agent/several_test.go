package agent

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promshard/promshard/discovery/client"
	"github.com/promshard/promshard/store"
)

// group is one of a service, with one target.
func group(service, target string) *client.Group {
	return &client.Group{
		Source: service + target, Targets: []string{target}, Labels: map[string]string{"service": service},
		Body: []byte(`{"targets":["` + target + `"],"labels":{"service":"` + service + `"}}`),
	}
}

// split is the place of a list that is split by service, in a folder of its own.
func split(t *testing.T) (s *several, folder string) {
	t.Helper()
	folder = t.TempDir()
	return newPlace(filepath.Join(folder, "sd-*.json"), "service", 0o644).(*several), folder
}

// again is the place as an agent finds it that starts later.
func again(s *several) *several { return &several{pattern: s.pattern, label: s.label, o: s.o} }

func put(t *testing.T, s *several, all ...*client.Group) (done, error) {
	t.Helper()
	files, err := s.files(all)
	require.NoError(t, err)
	return s.put(files)
}

func mustPut(t *testing.T, s *several, all ...*client.Group) done {
	t.Helper()
	d, err := put(t, s, all...)
	require.NoError(t, err)
	return d
}

const manifestName = ".sd-%2A.json.agent"

func TestASplitListHasAFileForEachValue(t *testing.T) {
	s, folder := split(t)
	d := mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"), group("a", "a2:1"), group("決 済", "k:1"))
	assert.ElementsMatch(t, []string{"sd-a.json", "sd-b.json", "sd-決%20済.json"}, d.written)
	assert.Empty(t, d.removed)
	assert.Equal(t, 3, d.files)
	assert.Equal(t, `[{"targets":["a1:1"],"labels":{"service":"a"}},{"targets":["a2:1"],"labels":{"service":"a"}}]`, content(t, filepath.Join(folder, "sd-a.json"))) //nolint:testifylint // byte by byte

	assert.True(t, mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"), group("a", "a2:1"), group("決 済", "k:1")).nothing())
	s = again(s)
	d = mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"), group("c", "c1:1"))
	assert.Equal(t, []string{"sd-c.json", "sd-a.json"}, d.written, "what grows goes first")
	assert.Equal(t, []string{"sd-決%20済.json"}, d.removed)
	assert.Equal(t, []string{manifestName, "sd-a.json", "sd-b.json", "sd-c.json"}, names(t, folder))

	assert.Len(t, mustPut(t, s).removed, 3, "an empty list")
	assert.Equal(t, []string{manifestName}, names(t, folder))
}

func TestFilesOfOthersAreNeverTouched(t *testing.T) {
	s, folder := split(t)
	others := map[string]string{"sd-mine.json": "[1]", "sd-other.json": "[2]", "x.json": "[3]", ".sd-x.json.promshard-12": "[4]"}
	for name, text := range others {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"))
	mustPut(t, again(s), group("b", "b1:1"))

	for _, all := range [][]*client.Group{
		{group("mine", "m:1"), group("new", "n:1")},
		{group("new", "n:1"), group("other", "o:1"), group("b", "b1:1")},
	} {
		d, err := put(t, s, all...)
		require.ErrorContains(t, err, "none of those that the agent has written")
		assert.True(t, d.nothing(), "with one file in the way, all stay as they are")
	}
	for name, text := range others {
		assert.Equal(t, text, content(t, filepath.Join(folder, name)))
	}
	assert.NoFileExists(t, filepath.Join(folder, "sd-new.json"))
	assert.FileExists(t, filepath.Join(folder, "sd-b.json"))

	_, err := s.cleanUp()
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(folder, ".sd-x.json.promshard-12"), "it belongs to no file of the agent")

	require.NoError(t, os.Remove(filepath.Join(folder, "sd-mine.json")))
	mustPut(t, s, group("mine", "m:1"))
}

func TestWithoutTheManifestEqualFilesAreTakenOver(t *testing.T) {
	s, folder := split(t)
	mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"))
	require.NoError(t, os.Remove(filepath.Join(folder, manifestName)))

	_, err := put(t, again(s), group("a", "a1:1"), group("b", "b2:1"))
	require.ErrorContains(t, err, "sd-b.json")
	s = again(s)
	assert.True(t, mustPut(t, s, group("a", "a1:1"), group("b", "b1:1")).nothing())
	assert.Equal(t, []string{"sd-a.json"}, mustPut(t, s, group("b", "b1:1")).removed)
}

func TestADamagedManifestIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":          `{"files":`,
		"another folder":   `{"files":["../sd-a.json"]}`,
		"another pattern":  `{"files":["x-a.json"]}`,
		"the whole folder": `{"files":["."]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, folder := split(t)
			mustPut(t, s, group("a", "a1:1"))
			require.NoError(t, os.WriteFile(filepath.Join(folder, manifestName), []byte(text), 0o644))
			s = again(s)
			_, err := put(t, s, group("b", "b1:1"))
			require.ErrorContains(t, err, manifestName)
			assert.Equal(t, []string{manifestName, "sd-a.json"}, names(t, folder))
		})
	}
}

// TestAWriteThatFailsLeavesAllFilesAsTheyAre has something in the way of the last of three files.
func TestAWriteThatFailsLeavesAllFilesAsTheyAre(t *testing.T) {
	s, folder := split(t)
	mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"), group("c", "c1:1"))
	blocked := filepath.Join(folder, "sd-c.json")
	require.NoError(t, os.Remove(blocked))
	require.NoError(t, os.Mkdir(blocked, 0o755))

	_, err := put(t, s, group("a", "a2:1"), group("c", "b1:1"), group("d", "d1:1"))
	require.ErrorContains(t, err, "not a regular file")
	assert.Contains(t, content(t, filepath.Join(folder, "sd-a.json")), "a1:1")
	assert.Contains(t, content(t, filepath.Join(folder, "sd-b.json")), "b1:1", "the target that moves to c is in b as long as it is not in c")
	assert.Equal(t, []string{manifestName, "sd-a.json", "sd-b.json", "sd-c.json"}, names(t, folder))

	require.NoError(t, os.Remove(blocked))
	assert.Equal(t, []string{"sd-b.json"}, mustPut(t, s, group("a", "a2:1"), group("c", "b1:1"), group("d", "d1:1")).removed)
}

func TestAFileThatCannotBeRemovedIsNotForgotten(t *testing.T) {
	s, folder := split(t)
	mustPut(t, s, group("a", "a1:1"), group("b", "b1:1"))
	blocked := filepath.Join(folder, "sd-b.json")
	require.NoError(t, os.Remove(blocked))
	require.NoError(t, os.Symlink("sd-a.json", blocked))
	_, err := put(t, s, group("a", "a1:1"))
	require.ErrorContains(t, err, "not a regular file")
	require.FileExists(t, blocked)

	require.NoError(t, os.Remove(blocked))
	require.NoError(t, os.WriteFile(blocked, []byte("[]"), 0o644))
	assert.Equal(t, []string{"sd-b.json"}, mustPut(t, again(s), group("a", "a1:1")).removed)
}

// TestAnAgentThatIsKilledKnowsItsFiles ends a put after each of its steps.
func TestAnAgentThatIsKilledKnowsItsFiles(t *testing.T) {
	s, folder := split(t)
	mustPut(t, s, group("a", "a1:1"))
	files, err := s.files([]*client.Group{group("b", "b1:1")})
	require.NoError(t, err)

	require.NoError(t, s.claim(files))
	assert.True(t, again(s).owns(t, "sd-a.json", "sd-b.json"), "claimed")
	staged, err := s.stage(files)
	require.NoError(t, err)
	require.Len(t, staged, 1)
	removed, err := again(s).cleanUp()
	require.NoError(t, err)
	assert.Empty(t, removed, "it is being written")
	// What is left is what a process that has ended does not lock.
	left := filepath.Join(folder, ".sd-b.json.promshard-1")
	require.NoError(t, os.WriteFile(left, []byte("["), 0o600))
	removed, err = again(s).cleanUp()
	require.NoError(t, err)
	assert.Equal(t, []string{left}, removed)

	next := again(s)
	assert.Equal(t, []string{"sd-a.json"}, mustPut(t, next, group("c", "c1:1")).removed, "b was never put in place")
	assert.True(t, again(s).owns(t, "sd-c.json"))
}

// owns says whether these are the files in the manifest.
func (s *several) owns(t *testing.T, names ...string) bool {
	t.Helper()
	require.NoError(t, s.readManifest())
	return len(s.own) == len(names) && !slices.ContainsFunc(names, func(n string) bool { return !s.own[n] })
}

func TestSplitListsFollowTheServer(t *testing.T) {
	p := startPromshard(t)
	require.NoError(t, p.store.CreateService(t.Context(), &store.Service{Name: "mail"}))
	addProject(t, p.store, "mx", "mail", "prod", "mx1")
	folder := t.TempDir()
	o := options(p, filepath.Join(folder, "t-*.json"))
	o.URLsFile, o.SplitBy = filepath.Join(folder, "u-*.yaml"), "service"
	r := startAgent(t, o)
	file := func(name string) string { return filepath.Join(folder, name) }
	becomes(t, file("t-web.json"), p.get(t, prodTargets+"&service=web"))
	becomes(t, file("t-mail.json"), p.get(t, prodTargets+"&service=mail"))
	require.Eventually(t, func() bool { return r.Standing() == nil }, waitMost, waitStep)
	require.Contains(t, content(t, file("u-web.yaml")), "https://shop.example/")

	removeHost(t, p.store, "mx1")
	require.Eventually(t, func() bool { return content(t, file("t-mail.json")) == "" }, waitMost, waitStep)
	require.NoError(t, os.Remove(file("t-web.json")))
	becomes(t, file("t-web.json"), p.get(t, prodTargets))
	require.Positive(t, r.metric(t, "files_removed_total"))

	t.Run("by something else", func(t *testing.T) {
		r.stop()
		o.SplitBy = "project"
		startAgent(t, o)
		becomes(t, file("t-shop.json"), p.get(t, prodTargets))
		require.Eventually(t, func() bool {
			return slices.Equal(names(t, folder), []string{".t-%2A.json.agent", ".u-%2A.yaml.agent", "t-shop.json", "u-shop.yaml"})
		}, waitMost, waitStep)
		time.Sleep(50 * time.Millisecond)
	})
}
