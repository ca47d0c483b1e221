package plugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

type exampleSpec struct {
	Role         string   `json:"role"`
	AnnotateOnly bool     `json:"annotateOnly"`
	Accounts     []string `json:"serviceAccounts,omitempty"`
}

func TestDecodeSpec(t *testing.T) {
	for raw, want := range map[string]exampleSpec{
		"":                                   {},
		"\n{}":                               {},
		`{"role":"x","annotateOnly":true}`:   {Role: "x", AnnotateOnly: true},
		`{"ROLE":"x","AnnotateOnly":true}`:   {Role: "x", AnnotateOnly: true},
		`{"role":null,"serviceAccounts":[]}`: {Accounts: []string{}},
	} {
		var got exampleSpec
		if err := DecodeSpec([]byte(raw), &got); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestDecodeSpecNamesTheFieldThatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		`null`:                    "spec: must be a JSON object",
		`[]`:                      "spec: must be a JSON object",
		`role: x`:                 "spec: must be a JSON object",
		`{"role":"x"`:             "spec: cannot be read as JSON",
		`{"role":"x`:              "role: cannot be read as JSON",
		`{"role":"x"}{}`:          "spec: must be one JSON object and nothing else",
		`{"role":"x"},`:           "spec: must be one JSON object and nothing else",
		`{"rolle":"x"}`:           "rolle: this plugin has no such field; it has role, annotateOnly, serviceAccounts",
		`{"":1}`:                  ": this plugin has no such field; it has role, annotateOnly, serviceAccounts",
		`{"role":"x","Role":"y"}`: "Role: is given twice (as role and Role); keep one of them",
		`{"role":5}`:              "role: must not be a JSON number",
		`{"serviceAccounts":[1]}`: "serviceAccounts: must not be a JSON number",
	} {
		err := DecodeSpec([]byte(raw), &exampleSpec{})
		if err == nil || AsError(err).Kind != Refused || AsError(err).Reason != profilev1.ReasonInvalidPluginSpec || AsError(err).Message != want {
			t.Errorf("%s: got %v, want %q", raw, err, want)
		}
	}
}

func TestServiceAccounts(t *testing.T) {
	many := func(n int) []string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("account-%d", i))
		}
		return names
	}
	for name, test := range map[string]struct{ listed, want []string }{
		"none":         {nil, []string{"default-editor"}},
		"an empty one": {[]string{}, []string{"default-editor"}},
		"some":         {[]string{"a.b", "runner"}, []string{"a.b", "runner"}},
		"the most":     {many(64), many(64)},
	} {
		got, err := ServiceAccounts(test.listed)
		if err != nil || !cmp.Equal(got, test.want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	for says, listed := range map[string][]string{
		`"Runner" is not the name of a service account`: {"Runner"},
		`"" is not the name`:                            {""},
		`"x:y" is not the name`:                         {"x:y"},
		`"a" is listed twice`:                           {"a", "b", "a"},
		"there can be at most":                          many(65),
	} {
		if _, err := ServiceAccounts(listed); err == nil || !strings.HasPrefix(AsError(err).Message, "serviceAccounts: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, want %q", listed, err, says)
		}
	}
}

func TestInvalidSpecRepeatsOnlyTheBeginning(t *testing.T) {
	got := InvalidSpec(strings.Repeat("f", 1000), "%q is no %s", strings.Repeat("x", 1000), "role\xff").Message
	if len(got) > 450 || !strings.Contains(got, "x…\"") || !strings.HasSuffix(got, "is no role�") {
		t.Errorf("the message is %d bytes: %s", len(got), got)
	}
}
