package httpsd

import (
	"encoding/json"
	"net/http"

	"github.com/promshard/promshard/httpsd/origins"
	"github.com/promshard/promshard/store"
)

// numberSchema is the schema of a whole number from least to most; 0 is no limit.
func numberSchema(least, most, instead int) object {
	schema := object{"type": "integer", "minimum": least}
	if most != 0 {
		schema["maximum"] = most
	}
	if instead != 0 {
		schema["default"] = instead
	}
	return schema
}

// lookBack is the document of an operation that reads what was, or how things are.
func lookBack(id, tag, summary, answer string, data object, example string, parameters ...object) *operationDoc {
	return &operationDoc{
		id: id, summary: summary, tag: tag, parameters: parameters,
		answers: map[int]answerDoc{http.StatusOK: {
			text: answer, schema: successSchema(data, false),
			example: json.RawMessage(`{"status":"success","data":` + example + `}`),
		}},
		errors: []int{http.StatusNotFound},
	}
}

func journalListDoc(most int) *operationDoc {
	text := object{"type": "string", "minLength": 1}
	page := schemaOf[listing[journalItem]]()
	return lookBack("listJournal", "journal", "List journal entries", "A page of the journal, the newest entry first", page,
		`{"items":[{"revision":11,"at":"2026-11-28T09:00:00Z","actor":"token:admin","action":"host.update","summary":"changed host \"web1\" of project \"shop-api\": enabled true → false"}]}`,
		queryParameter("from_revision", "Only from this revision on", numberSchema(1, 0, 0)),
		queryParameter("to_revision", "Only up to this revision", numberSchema(1, 0, 0)),
		queryParameter("since", "Only from this time on", object{"type": "string", "format": "date-time"}),
		queryParameter("until", "Only up to this time", object{"type": "string", "format": "date-time"}),
		queryParameter("actor", "Only writes that this actor asked for", text),
		queryParameter("action", "Only writes of this kind, such as host.create", text),
		queryParameter("noun", "Only writes that touched such an object; goes with id", text),
		queryParameter("id", "Only writes that touched the object with this id; needs noun", numberSchema(1, 0, 0)),
		queryParameter("limit", "How many are on a page", numberSchema(1, most, min(defaultPageSize, most))),
		queryParameter("cursor", "The next of the page before", numberSchema(1, 0, 0)))
}

func journalPageDoc(most int) *operationDoc {
	most = min(journalPageMost, most)
	return lookBack("getJournalEntry", "journal", "Read a journal entry", "The entry, and what it did to a page of its objects", schemaOf[store.JournalPage](),
		`{"revision":11,"at":"2026-11-28T09:00:00Z","actor":"token:admin","action":"host.update","summary":"changed host \"web1\" of project \"shop-api\": enabled true → false",`+
			`"touched":{"projects":[1]},"counts":[{"noun":"host","changed":1}],`+
			`"objects":[{"noun":"host","id":1,"name":"web1","kind":"changed","fields":[{"field":"enabled","old":true,"new":false}]}],"total":1}`,
		queryParameter("limit", "How many objects are on a page", numberSchema(1, most, min(defaultPageSize, most))),
		queryParameter("cursor", "The next of the page before", numberSchema(1, 0, 0)))
}

func revertDoc() *operationDoc {
	return &operationDoc{
		id: "revertRevision", tag: "journal", summary: "Undo a revision",
		text:       "It is refused when something newer stands in the way, and the error says what.",
		parameters: []object{parameterRef("dry_run"), parameterRef("confirm"), parameterRef(keyHeader)},
		answers: map[int]answerDoc{http.StatusOK: {
			text: "What was brought back, changed back and taken away", schema: successSchema(schemaOf[store.Reversal](), true),
			example: written{success{"success", store.Reversal{Reverted: 11, Summary: "changed host", Changed: 1, Revision: 12}}, receipt{Revision: 12}},
		}},
		errors: []int{http.StatusNotFound, http.StatusConflict},
	}
}

func listsDiffDoc() *operationDoc {
	from := queryParameter("from", "The revision after which changes count", numberSchema(0, maxNumber, 0))
	from["required"] = true
	return lookBack("diffLists", "lists", "Compare the lists of two revisions", "The targets that the range added, removed and relabelled, per shard", schemaOf[origins.Diff](),
		`{"from":10,"to":11,"shards":[{"shard":"tokyo","added":0,"removed":1,"relabelled":0,"targets":[{"change":"removed","list":"targets","target":"web1:9100",`+
			`"service":"shop","project":"shop-api","job":"node","labels":{"job":"node"}}]}],"truncated":false}`,
		from,
		queryParameter("to", "The last revision that counts; the newest when it is not given", numberSchema(1, 0, 0)),
		queryParameter("shard", "Only the lists of this shard", object{"type": "string", "minLength": 1}),
		queryParameter("limit", "How many targets are named; the counts are those of all", numberSchema(1, origins.DiffMost, diffDefault)))
}

func explainDoc() *operationDoc {
	text := object{"type": "string", "minLength": 1}
	d := lookBack("explainTarget", "lists", "Explain a target or a URL", "What it is made of, who gets it, and for one that is missing, why", schemaOf[origins.Explanation](),
		`{"asked":"web2:9100","list":"targets","listed":false,"origins":[],"reasons":[{"code":"unknown_host","text":"no farm has the host \"web2\""}],"near":["web1"]}`,
		queryParameter("target", "HOST:PORT, or HOST for all its targets", text),
		queryParameter("url", "A URL, instead of a target", text))
	return d
}

func consumersDoc() *operationDoc {
	return lookBack("listConsumers", "lists", "List who asks for lists", "Consumers as all replicas have seen them, and the registered servers", schemaOf[consumerList](),
		`{"partial":false,"consumers":[{"address":"10.0.0.5","user_agent":"Prometheus/3.15.0","list":"targets","path":"/sd/targets","filters":{"shard":["tokyo"]},`+
			`"interval_seconds":30,"held":1,"watching":0,"first_seen":"2026-11-28T08:00:00Z","last_seen":"2026-11-28T09:00:00Z","requests":120,"revision":11,"replicas":["sd-a"]}],`+
			`"servers":[{"server":"prometheus001:9090","shard":"tokyo","last_seen":"2026-11-28T09:00:00Z","live":true,"by":"address"}]}`,
		queryParameter("live", "Only those that still ask, or that do not", object{"type": "boolean"}))
}
