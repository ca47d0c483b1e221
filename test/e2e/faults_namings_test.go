package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// naming is an account, as its tokens name it, and a role that it was named for.
type naming struct{ role, subject string }

// namings know when which account was named for which role: by a spec, from before it was
// sent until after the next one was; or by a record in the status, which is how the
// controller remembers what it has yet to take back. Both err on the long side, by what a
// request or a watch takes.
type namings struct {
	mu     sync.Mutex
	bySpec map[naming][]span
	// byRecord has the spans of each Profile's records.
	byRecord map[naming][]span
}

// span is from when until when; the zero time means until now.
type span struct{ from, to time.Time }

// watchLag is how late a watch may be. A naming that ends and begins anew within it
// counts as one.
const watchLag = 2 * time.Second

func newNamings() *namings {
	return &namings{bySpec: map[naming][]span{}, byRecord: map[naming][]span{}}
}

// begin notes that something is named from then on, unless it is already.
func begin(spans map[naming][]span, n naming, from time.Time) {
	if s := spans[n]; len(s) == 0 || !s[len(s)-1].to.IsZero() {
		spans[n] = append(s, span{from: from})
	}
}

// end notes that something is not named any more.
func end(spans map[naming][]span, n naming) {
	if s := spans[n]; len(s) > 0 && s[len(s)-1].to.IsZero() {
		s[len(s)-1].to = time.Now()
	}
}

// replace has a spec name other accounts: the new ones before it is sent, and the old ones
// no more once it is stored.
func (l *namings) replace(before, after []naming, send func() error) error {
	l.mu.Lock()
	for _, n := range after {
		begin(l.bySpec, n, time.Now())
	}
	l.mu.Unlock()
	if err := send(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range before {
		if !slices.Contains(after, n) {
			end(l.bySpec, n)
		}
	}
	return nil
}

// covers tells whether something was named all the time.
func (l *namings) covers(n naming, from, to time.Time) bool {
	l.mu.Lock()
	spans := slices.Concat(l.bySpec[n], l.byRecord[n])
	l.mu.Unlock()
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	reached := from
	for _, s := range spans {
		if s.from.After(reached) && (reached.Equal(from) || s.from.Sub(reached) > watchLag) {
			continue
		}
		if s.to.IsZero() {
			return true
		}
		if s.to.After(reached) {
			reached = s.to
		}
	}
	return !reached.Before(to)
}

// watch follows the records of the Profiles with the prefix until it is told to stop. A
// watch that the API server ends is begun anew.
func (l *namings) watch(f *fixture, prefix string) (stop func()) {
	f.t.Helper()
	watching, err := client.NewWithWatch(pg.Admin, client.Options{Scheme: playground.Scheme(), Mapper: pg.Client.RESTMapper()})
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.ctx)
	done := make(chan error)
	go func() {
		recorded := map[string][]naming{}
		var err error
		for err == nil && ctx.Err() == nil {
			err = l.follow(ctx, watching, prefix, recorded)
		}
		done <- err
	}()
	return func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			f.t.Errorf("what was recorded is not known: %v", err)
		}
	}
}

// follow notes what there is and what changes until the watch ends.
func (l *namings) follow(ctx context.Context, c client.WithWatch, prefix string, recorded map[string][]naming) error {
	list := &profilev1.ProfileList{}
	if err := c.List(ctx, list); err != nil {
		return err
	}
	gone := maps.Clone(recorded)
	for i := range list.Items {
		l.note(recorded, &list.Items[i], prefix, false)
		delete(gone, list.Items[i].Name)
	}
	for name := range gone {
		l.note(recorded, profileNamed(name), prefix, true)
	}
	w, err := c.Watch(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion}})
	if err != nil {
		return err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		if p, isProfile := event.Object.(*profilev1.Profile); isProfile {
			l.note(recorded, p, prefix, event.Type == watch.Deleted)
		}
	}
	return nil
}

// note takes a Profile's records for what they are now.
func (l *namings) note(recorded map[string][]naming, p *profilev1.Profile, prefix string, gone bool) {
	if !strings.HasPrefix(p.Name, prefix) {
		return
	}
	var now []naming
	if !gone {
		for _, record := range p.Status.Identities {
			now = append(now, naming{record.Identity[strings.LastIndexByte(record.Identity, '/')+1:], subjectOf(p.Name, record.ServiceAccount)})
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range now {
		begin(l.byRecord, n, time.Now().Add(-watchLag))
	}
	for _, n := range recorded[p.Name] {
		if !slices.Contains(now, n) {
			end(l.byRecord, n)
		}
	}
	recorded[p.Name] = now
	if gone {
		delete(recorded, p.Name)
	}
}

// spansOf tells when something was named, for a person.
func (l *namings) spansOf(n naming) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := ""
	for source, spans := range map[string][]span{"spec": l.bySpec[n], "record": l.byRecord[n]} {
		for _, s := range spans {
			text += fmt.Sprintf(" by %s %s-%s", source, clock(s.from), clock(s.to))
		}
	}
	return text
}
