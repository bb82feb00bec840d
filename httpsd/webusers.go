package httpsd

import (
	"crypto/sha256"
	"os"
	"sync"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"go.yaml.in/yaml/v3"
	"golang.org/x/crypto/bcrypt"
)

// webUsers are the basic_auth_users of a web configuration file. The toolkit demands them, but says nothing to a handler:
// it takes them away from one request to the next when the file changes, and without them lets everything pass. So a name
// counts only after a look at the same file. It is safe for concurrent use.
type webUsers struct {
	file string

	mu      sync.Mutex
	changed time.Time
	size    int64
	hashes  map[string]string
	// passed are the users and passwords that were right, as hashes, since the file was read last.
	passed map[[sha256.Size]byte]bool
}

// webUsersPassed bounds what is remembered of right passwords.
const webUsersPassed = 1000

// newWebUsers returns the users of a file; without one there are none.
func newWebUsers(file string) *webUsers { return &webUsers{file: file} }

// verified says whether the password is that of the user.
func (u *webUsers) verified(user, password string) bool {
	if u.file == "" {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.read() {
		return false
	}
	hash, ok := u.hashes[user]
	if !ok {
		return false // the toolkit, which asked before, has spent the time that this saves
	}
	key := sha256.Sum256([]byte(user + "\x00" + password))
	if u.passed[key] {
		return true
	}
	if bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) != nil {
		return false
	}
	if len(u.passed) >= webUsersPassed {
		clear(u.passed)
	}
	u.passed[key] = true
	return true
}

// read reads the file unless it is as it was; false means that it cannot be read.
func (u *webUsers) read() bool {
	info, err := os.Stat(u.file)
	if err != nil {
		return false
	}
	if u.hashes != nil && info.ModTime().Equal(u.changed) && info.Size() == u.size {
		return true
	}
	text, err := os.ReadFile(u.file)
	if err != nil {
		return false
	}
	var config web.Config
	if yaml.Unmarshal(text, &config) != nil {
		return false
	}
	u.changed, u.size = info.ModTime(), info.Size()
	u.hashes, u.passed = map[string]string{}, map[[sha256.Size]byte]bool{}
	for name, hash := range config.Users {
		u.hashes[name] = string(hash)
	}
	return true
}
