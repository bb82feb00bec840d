package httpsd

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/promshard/promshard/store"
)

// importRoute is the address that takes in a list.
func (h *handler) importRoute() route {
	return route{
		name: "api_import", path: apiPrefix + "/import", methods: []string{http.MethodPost}, needs: needEdit,
		maxBody: h.o.API.MaxImportBytes, handle: h.operate(importList), doc: importDoc(),
	}
}

// importList takes in the list that the body is. It is kept in a file first, so that no write waits for a slow client.
func importList(c *call) error {
	ctx, receipt := c.writing()
	shard := c.query.text("shard")
	if err := c.begin(needEdit); err != nil {
		return err
	}
	if err := c.refuseCondition(); err != nil {
		return err
	}
	list, err := c.keep()
	if err != nil {
		return err
	}
	defer list.remove()
	if ctx, err = c.once(ctx, list.sum); err != nil {
		return err
	}
	result, err := c.inventory.Import(ctx, store.ReadGroups(list.file), store.ImportOptions{Shard: shard})
	c.h.resumeTimeouts(c.w)
	if err != nil {
		return err
	}
	return c.wrote(http.StatusOK, result, receipt)
}

// keptBody is a body in a file, which is at its beginning.
type keptBody struct {
	file *os.File
	// sum stands for what is in it.
	sum []byte
}

// remove takes the file away.
func (k *keptBody) remove() {
	k.file.Close()
	os.Remove(k.file.Name())
}

// keep puts a body into a file, decompressed. The caller removes it.
func (c *call) keep() (*keptBody, error) {
	if err := c.typed(jsonType); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(c.h.o.API.ImportFolder, "promshard-import-*")
	if err != nil {
		return nil, fmt.Errorf("keeping a list: %w", err)
	}
	kept := &keptBody{file: file}
	if err := c.fill(kept); err != nil {
		kept.remove()
		return nil, err
	}
	return kept, nil
}

// errKeeping marks what is wrong with the file, not with the body.
var errKeeping = errors.New("keeping a list")

// fill copies the body into the file.
func (c *call) fill(kept *keptBody) error {
	body, err := c.decompressed(c.patientBody())
	if err != nil {
		return err
	}
	most := c.h.o.API.MaxImportBytes
	sum := xxhash.New()
	n, err := io.Copy(io.MultiWriter(keeping{kept.file}, sum), io.LimitReader(body, most+1))
	switch {
	case errors.Is(err, errKeeping):
		return err
	case err != nil:
		return c.bodyError(err)
	case n > most:
		return fmt.Errorf("%w: at most %d bytes are taken", errBodyTooLarge, most)
	}
	suspendTimeouts(c.w)
	kept.sum = sum.Sum(nil)
	if _, err := kept.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%w: %w", errKeeping, err)
	}
	return nil
}

// keeping marks the errors of a file.
type keeping struct{ file *os.File }

// Write implements io.Writer.
func (k keeping) Write(p []byte) (int, error) {
	n, err := k.file.Write(p)
	if err != nil {
		err = fmt.Errorf("%w: %w", errKeeping, err)
	}
	return n, err
}

// decompressed is a body as it was before the client compressed it.
func (c *call) decompressed(body io.Reader) (io.Reader, error) {
	switch coding := c.r.Header.Get("Content-Encoding"); strings.ToLower(coding) {
	case "", "identity":
		return body, nil
	case "gzip":
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return nil, c.bodyError(err)
		}
		return unzipped, nil
	default:
		return nil, fmt.Errorf("%w: Content-Encoding %q; send gzip, or the body as it is", errMediaType, shorten(coding))
	}
}

// patientBody is the body, which may take longer than the server's time limit on requests the larger it is: a slow link
// may pass it, and yet no client holds its connection forever.
func (c *call) patientBody() io.Reader {
	return &patient{r: c.r.Body, control: http.NewResponseController(c.w), until: time.Now().Add(c.h.o.AnswerTimeout), slowest: c.h.o.SlowestReader}
}

type patient struct {
	r       io.Reader
	control *http.ResponseController
	until   time.Time
	// slowest is in bytes a second.
	slowest int64
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	// Not every ResponseWriter can; then the limit stays as it is.
	_ = p.control.SetReadDeadline(p.until)
	n, err := p.r.Read(b)
	p.until = p.until.Add(time.Duration(n) * time.Second / time.Duration(p.slowest))
	return n, err
}
