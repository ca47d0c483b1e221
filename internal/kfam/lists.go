package kfam

import (
	"encoding/json"
	"sync"

	"github.com/kfprofiles/kfprofiles/internal/access"
)

// lists remembers encoded lists of bindings until the Index changes. The dashboard asks the
// same with every page that a user opens, and what is in the Index changes seldom. It may be
// used by many at the same time; the zero value remembers nothing yet.
type lists struct {
	mu         sync.RWMutex
	generation uint64
	known      map[question][]byte
	// size is about how many bytes known takes.
	size int
}

// question is all that a list depends on besides the Index, if the caller has no groups.
type question struct {
	kind, name string
	// all means that the caller sees everything, whoever it is.
	all   bool
	query access.Query
}

// longestMemory bounds the bytes that are remembered, since clients choose what they ask.
const longestMemory = 8 << 20

// encode returns the list in JSON. The list is asked for unless it is remembered from the
// Index's present generation, which is read first: a change that comes between the two
// makes a new generation, so that nobody is ever told what was so before a change.
func (l *lists) encode(index *access.Index, c access.Caller, query access.Query, list func() bindings) ([]byte, error) {
	if len(c.Groups) > 0 {
		return json.Marshal(list())
	}
	q := question{kind: c.Kind, name: c.Name, query: query}
	if c.Admin || c.TrustedDashboard {
		q = question{all: true, query: query}
	}
	generation := index.Generation()
	if content, known := l.recall(generation, q); known {
		return content, nil
	}
	content, err := json.Marshal(list())
	if err == nil {
		l.remember(generation, q, content)
	}
	return content, err
}

func (l *lists) recall(generation uint64, q question) ([]byte, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	content, known := l.known[q]
	return content, known && generation == l.generation
}

// remember forgets all other lists when they are of another generation, or too many.
func (l *lists) remember(generation uint64, q question, content []byte) {
	size := entrySize + len(content) + len(q.name) + len(q.query.User) + len(q.query.Namespace)
	if size > longestMemory {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if generation != l.generation || l.known == nil || l.size+size > longestMemory {
		l.generation, l.known, l.size = generation, map[question][]byte{}, 0
	}
	if _, known := l.known[q]; !known {
		l.size += size
	}
	l.known[q] = content
}

// entrySize is about what an entry takes besides its texts.
const entrySize = 256
