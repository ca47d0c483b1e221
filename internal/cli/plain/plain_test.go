package plain

import "testing"

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"ann@example.com → ✓ Zoë":    "ann@example.com → ✓ Zoë",
		"it's 'quoted' \"so\"":       "it's 'quoted' \"so\"",
		"\x1b[2Jgone":                `\x1b[2Jgone`,
		"one\r\nProfile two\tthree":  `one\r\nProfile two\tthree`,
		"\u009b31mred":               `\u009b31mred`,
		"user\u202egro.live@example": `user\u202egro.live@example`,
		"broken\xff":                 "broken\ufffd",
		"":                           "",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
