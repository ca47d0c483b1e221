package cli

import "testing"

func TestAVerbThatThereIsNot(t *testing.T) {
	term := open(t)
	for line, want := range map[string]string{
		"foo":          "error: there is no verb \"foo\"; see kubectl profile --help\n",
		"lits":         "error: there is no verb \"lits\" (did you mean list?); see kubectl profile --help\n",
		"aws foo":      "error: there is no verb \"foo\"; see kubectl profile aws --help\n",
		"aws veryfy x": "error: there is no verb \"veryfy\" (did you mean verify?); see kubectl profile aws --help\n",
		"list foo":     "error: unexpected argument \"foo\"; see kubectl profile list --help\n",
	} {
		if code := term.run(line); code != 2 || term.err.String() != want {
			t.Errorf("%s: exit code %d, %q, want %q", line, code, term.err.String(), want)
		}
	}
}
