package httpsd

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/promshard/promshard/store"
)

// syncRoute is the address that takes in what another inventory has.
func (h *handler) syncRoute() route {
	return route{
		name: "api_sync", path: apiPrefix + "/sync", methods: []string{http.MethodPost}, needs: needEdit,
		maxBody: h.o.API.MaxImportBytes, handle: h.operate(syncSource), doc: syncDoc(),
	}
}

// syncSource takes in the source that the body is. The answer tells how that compares with what is here, wherever it is:
// so it is for those who may view everything. What they may write is looked at row by row.
func syncSource(c *call) error {
	ctx, receipt := c.writing()
	o := store.SyncOptions{Theirs: c.query.yes("theirs"), AllowShrink: c.query.yes("allow_shrink")}
	if err := c.begin(needEdit); err != nil {
		return err
	}
	if err := c.permit(needView, names{}); err != nil {
		return err
	}
	if err := c.refuseCondition(); err != nil {
		return err
	}
	body, err := c.keep()
	if err != nil {
		return err
	}
	defer body.remove()
	if ctx, err = c.once(ctx, body.sum); err != nil {
		return err
	}
	result, err := c.h.sync(ctx, c.inventory, body, o)
	c.h.resumeTimeouts(c.w)
	if err != nil {
		return err
	}
	return c.wrote(http.StatusOK, result, receipt)
}

// sync takes in a source that is kept in a file. All of it is in memory meanwhile, so that it is done for one source at a
// time; writers stand in line in any case.
func (h *handler) sync(ctx context.Context, inventory store.Inventory, body *keptBody, o store.SyncOptions) (store.SyncResult, error) {
	select {
	case h.syncing <- struct{}{}:
		defer func() { <-h.syncing }()
	case <-ctx.Done():
		return store.SyncResult{}, ctx.Err()
	}
	source, err := readSource(body.file, h.o.API.MaxSyncRows)
	if err != nil {
		return store.SyncResult{}, err
	}
	return inventory.Sync(ctx, source, o)
}

// syncDoc is what the document says of syncs.
func syncDoc() *operationDoc {
	boolean := object{"type": "boolean", "default": false}
	return &operationDoc{
		id: "syncSource", tag: "import", summary: "Take over what another inventory has, and later what has changed there since",
		text: "The body is all that the other inventory has at one moment, whole: what it had at the last run and has no more is deleted, unless it was changed here. " +
			"What was changed here stays; where both sides have changed the same, that is a conflict, and an issue of the answer, as is what the inventory does not accept. The rest goes in, in one write. " +
			"Whoever asks has to have the role viewer on everything, beside that of editor on what is written. The body may be compressed: Content-Encoding is gzip then.",
		parameters: []object{
			queryParameter("theirs", "true settles conflicts as the other inventory has it", boolean),
			queryParameter("allow_shrink", "true takes over one that has lost more than half of a noun, and at least 20, since the last run; without it that is refused (`shrunk`)", boolean),
			parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader),
		},
		body: &bodyDoc{types: []string{jsonType}, schema: ref("SyncSource"), example: json.RawMessage(exampleSource)},
		answers: map[int]answerDoc{http.StatusOK: {
			text: "What was written, or would be, and what needs a look", schema: successSchema(ref("SyncResult"), true),
			example: written{success{"success", exampleSync()}, receipt{DryRun: true}},
		}},
		errors: []int{http.StatusConflict, http.StatusUnsupportedMediaType},
	}
}

// exampleSource goes with the examples of the nouns.
const exampleSource = `{"name":"promgen","shards":[{"key":1,"name":"tokyo","url":"https://prometheus-tokyo.example/"}],"services":[{"key":1,"name":"shop","owner":"team-core"}],` +
	`"projects":[{"key":7,"name":"shop-old","service":1,"shard":1}],"farms":[{"key":7,"name":"shop-old","project":7}],` +
	`"hosts":[{"key":31,"name":"old1","farm":7},{"key":32,"name":"old2:9100","farm":7}],` +
	`"exporters":[{"key":9,"job":"node","port":9100,"project":7}],"servers":[],"default_exporters":[],"probes":[],"urls":[]}`

// exampleSync is what a dry run of exampleSource answers.
func exampleSync() store.SyncResult {
	created := func(noun string, key int64, name string) store.SyncChange {
		return store.SyncChange{Noun: noun, Key: key, ID: key, Name: name, Action: store.SyncCreate}
	}
	return store.SyncResult{
		Changes: []store.SyncChange{
			created("project", 7, "shop-old"), created("farm", 7, `shop-old of project "shop-old"`),
			created("host", 31, `old1 of project "shop-old"`), created("exporter", 9, `node on port 9100 of project "shop-old"`),
		},
		Issues: []store.SyncIssue{
			{
				Kind: store.SyncConflict, Noun: "service", Key: 1, Name: "shop", Field: "owner", Value: "team-core",
				Reason: `is "team-shop" here`, Hint: "make both sides the same, or let the source win",
			},
			{
				Kind: store.SyncRefused, Noun: "host", Key: 32, Name: "old2:9100", Project: "shop-old", Field: "name", Value: "old2:9100",
				Reason: "is neither a host name nor an IP address; the port belongs to the exporter",
				Hint:   "correct it in the source; the next run takes it in",
			},
		},
		Counts: []store.SyncCounts{
			{Noun: "shard", Source: 1},
			{Noun: "service", Source: 1},
			{Noun: "probe"},
			{Noun: "default_exporter"},
			{Noun: "server"},
			{Noun: "project", Source: 1, Created: 1},
			{Noun: "farm", Source: 1, Created: 1},
			{Noun: "host", Source: 2, LeftOut: 1, Created: 1},
			{Noun: "exporter", Source: 1, Created: 1},
			{Noun: "url"},
		},
	}
}

// syncSourceSchema is a whole inventory as a sync takes it. Of rows it says what is read; what the inventory does not
// accept is an issue of the answer.
func syncSourceSchema() object {
	properties, required := object{}, []string{}
	var source store.SyncSource
	for list := range jsonFields(reflect.ValueOf(&source).Elem()) {
		required = append(required, list.name)
		if list.value.Kind() == reflect.Slice {
			properties[list.name] = listOf(syncRowSchema(list.value.Type().Elem()))
		} else {
			properties[list.name] = fieldSchema(list.value.Type(), "SyncSource", list.name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// syncRowSchema is a row of a source.
func syncRowSchema(row reflect.Type) object {
	properties := object{}
	for field := range jsonFields(reflect.New(row).Elem()) {
		schema := typeSchema(field.value.Type())
		switch {
		case field.name == "key":
			schema["description"], schema["not"] = "What the other inventory knows the row by: the same at every run. From 1 to 2^53 it becomes the id, where that is free", object{"const": 0}
		case field.name == "enabled":
			schema["default"] = true
		case field.value.Kind() == reflect.Int64 && field.name != "samples" && field.name != "targets":
			schema["description"] = "The key of its " + field.name
		}
		properties[field.name] = schema
	}
	return object{"type": "object", "properties": properties, "required": []string{"key"}, "additionalProperties": false}
}
