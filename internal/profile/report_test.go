package profile

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

func TestLookAgain(t *testing.T) {
	fails := func(kind failureKind) result { return result{failure: &failure{kind: kind}} }
	in := func(d time.Duration) result { return result{again: d} }
	tests := map[string]struct {
		results []result
		least   time.Duration
		most    time.Duration
		retried bool
	}{
		"all is well":                         {[]result{{}, {}}, 0, 0, false},
		"a step wants to look":                {[]result{{}, in(time.Hour)}, time.Hour, time.Hour, false},
		"the first of several":                {[]result{in(time.Hour), in(time.Minute), in(time.Second * 90)}, time.Minute, time.Minute, false},
		"waiting, and a step wants to look":   {[]result{fails(waiting), in(time.Minute)}, time.Minute, time.Minute, false},
		"waiting alone":                       {[]result{fails(waiting)}, 0, 0, false},
		"refused":                             {[]result{fails(refused)}, refusedAgainAfter, refusedAgainAfter * 6 / 5, false},
		"a passing fault comes before others": {[]result{fails(refused), fails(retry), in(time.Minute)}, 0, 0, true},
	}
	for name, test := range tests {
		got, err := lookAgain(test.results)
		if (err != nil) != test.retried || got.RequeueAfter < test.least || got.RequeueAfter > test.most {
			t.Errorf("%s: got %s, %v; want from %s to %s, retried %t", name, got.RequeueAfter, err, test.least, test.most, test.retried)
		}
	}
}

func TestRecordsAreWrittenOnlyOverTheStatusThatWasRead(t *testing.T) {
	before := testProfile("team")
	before.ResourceVersion = "7"
	conditions, records := before.DeepCopy(), before.DeepCopy()
	conditions.Status.Conditions = []profilev1.ProfileCondition{{Type: "Ready"}}
	records.Status.Identities = []profilev1.IdentityBinding{{Plugin: "Cloud", Identity: "A"}}
	for after, locked := range map[*profilev1.Profile]bool{conditions: false, records: true} {
		data, err := statusPatch(before, after).Data(after)
		if err != nil || strings.Contains(string(data), `"resourceVersion":"7"`) != locked {
			t.Errorf("%s, %v: holds the version that was read: want %t", data, err, locked)
		}
	}
}

func TestAStatusThatSomebodyElseChangedIsReadAgain(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{})
	p := r.stored()
	other := p.DeepCopy()
	other.Status.Identities = []profilev1.IdentityBinding{{Plugin: "Cloud", ServiceAccount: "x", Identity: "theirs", Phase: profilev1.IdentityBound}}
	if err := r.Client.Status().Update(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	s := &situation{profile: p, identities: []profilev1.IdentityBinding{{Plugin: "Cloud", ServiceAccount: "x", Identity: "ours", Phase: profilev1.IdentityPending}}}
	got, err := r.report(t.Context(), s, []result{{condition: profilev1.ConditionIdentityReady, reason: profilev1.ReasonApplied}})
	if err != nil || got.RequeueAfter != outrunAgainAfter {
		t.Errorf("the result is %+v, %v; want to look again soon", got, err)
	}
	if now := r.stored(); len(now.Status.Identities) != 1 || now.Status.Identities[0].Identity != "theirs" {
		t.Errorf("the other record was overwritten: %+v", now.Status.Identities)
	}
}
