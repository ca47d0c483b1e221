package e2ekfam

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// logged returns the audit log's lines about a Profile, without times and addresses.
func logged(t *testing.T, about string) (lines []map[string]string) {
	t.Helper()
	file, err := os.Open(unmeshed.LogPath)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		var line map[string]any
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("a line of the log is no JSON: %s", scanner.Text())
		}
		if line["msg"] != "access" || line["profile"] != about {
			continue
		}
		if from, _ := line["from"].(string); !strings.HasPrefix(from, "127.0.0.1:") {
			t.Errorf("from where is %q", from)
		}
		said := map[string]string{}
		for _, key := range []string{"action", "who", "what", "reason", "outcome"} {
			said[key], _ = line[key].(string)
		}
		lines = append(lines, said)
	}
	return lines
}

// TestEachDecisionIsInTheAuditLogAndWhatWasDoneInTheEvents goes a round with refusals.
func TestEachDecisionIsInTheAuditLogAndWhatWasDoneInTheEvents(t *testing.T) {
	owner := room(t, "audited")
	const guest = "audited-guest@example.com"
	uid := profile(t, "audited").UID
	shared(t, "audited", guest, "edit")
	must(t, guest, http.MethodPost, bindingsPath, bindingOf(guest, "audited", "admin"), http.StatusForbidden)
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(owner, "audited", "admin"), http.StatusConflict)
	must(t, owner, http.MethodDelete, bindingsPath, bindingOf(guest, "audited", "edit"), http.StatusOK)
	must(t, guest, http.MethodDelete, profilesPath+"/audited", "", http.StatusUnauthorized)
	must(t, "", http.MethodPost, profilesPath, profileOf("audited", "second@example.com"), http.StatusConflict)
	must(t, admin, http.MethodDelete, profilesPath+"/audited", "", http.StatusOK)

	line := func(action, who, what, reason, outcome string) map[string]string {
		return map[string]string{"action": action, "who": who, "what": what, "reason": reason, "outcome": outcome}
	}
	want := []map[string]string{
		line("Register", owner, "for User "+owner, "self", "done"),
		line("Grant", owner, "edit for User "+guest, "owner", "done"),
		line("Grant", guest, "admin for User "+guest, "not-admin", "refused"),
		line("Revoke", owner, "admin for User "+owner, "owner", "failed"),
		line("Revoke", owner, "edit for User "+guest, "owner", "done"),
		line("Delete", guest, "the Profile", "not-owner", "refused"),
		line("Register", "the dashboard", "for User second@example.com", "dashboard", "failed"),
		line("Delete", admin, "the Profile", "cluster-admin", "done"),
	}
	if diff := cmp.Diff(want, logged(t, "audited")); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
	notes := map[string]string{
		"Register": "for User " + owner + ", by " + owner, "Grant": "edit for User " + guest + ", by " + owner,
		"Revoke": "edit for User " + guest + ", by " + owner, "Delete": "the Profile, by " + admin,
	}
	soon(t, "the Events tell of what was done", func() bool {
		var events eventsv1.EventList
		if err := pg.Client.List(t.Context(), &events, client.InNamespace("default")); err != nil {
			t.Fatal(err)
		}
		told := map[string]string{}
		for _, e := range events.Items {
			if e.Regarding.Name == "audited" && e.Regarding.Kind == "Profile" && e.Regarding.UID == uid && e.ReportingController == "kfam" {
				told[e.Reason] = e.Note
			}
		}
		return cmp.Equal(notes, told)
	})
}
