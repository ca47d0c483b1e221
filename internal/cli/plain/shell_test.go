package plain

import "testing"

func TestShellWords(t *testing.T) {
	for text, want := range map[string]string{
		"role/profiles/a_b-1.c:d=e,f@g%h+i": "role/profiles/a_b-1.c:d=e,f@g%h+i",
		"":                                  "''",
		"two words":                         "'two words'",
		"it's":                              `'it'\''s'`,
		"$(rm -rf x)":                       "'$(rm -rf x)'",
		"a\x1b[2J":                          `'a\x1b[2J'`,
	} {
		if got := ShellWords(text); got != want {
			t.Errorf("%q becomes %s, want %s", text, got, want)
		}
	}
	if got := ShellWords("a", "b c"); got != "a 'b c'" {
		t.Errorf("two become %s", got)
	}
}
