package monitoring

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/rulefmt"

	"github.com/kfprofiles/kfprofiles/test/playground"
)

// trial is what an alert says some time after the series began, one sample a minute.
type trial struct {
	alert, when string
	series      map[string]string
	after       time.Duration
	// says are the summaries of the alerts that fire; none means that it stays quiet.
	says []string
}

const (
	leads  = `leader_election_master_status{name="kubeflow-profile-controller",pod="a"}`
	waits  = `leader_election_master_status{name="kubeflow-profile-controller",pod="b"}`
	labelA = `kfprofiles_namespace_labels_file_usable{pod="a"}`
	labelB = `kfprofiles_namespace_labels_file_usable{pod="b"}`

	// These go on with a label and the closing brace.
	bindings     = `kfprofiles_kfam_requests_total{call="/kfam/v1/bindings",`
	probes       = `kfprofiles_kfam_requests_total{call="/readyz",`
	callsWithin  = `kfprofiles_kfam_request_duration_seconds_bucket{call="/kfam/v1/bindings",`
	probesWithin = `kfprofiles_kfam_request_duration_seconds_bucket{call="/readyz",`
)

var trials = []trial{
	{"ProfileControllerAbsent", "nothing is scraped", nil, 10 * time.Minute, []string{"No profile controller is scraped."}},
	{"ProfileControllerAbsent", "one replica of two is", map[string]string{`kfprofiles_profiles{ready="True",pod="b"}`: "0x60"}, time.Hour, nil},
	{"ProfileControllerAbsent", "it restarts", map[string]string{`kfprofiles_profiles{ready="True"}`: "5x20 _x8 5x40"}, 29 * time.Minute, nil},

	{"ProfileControllerHasNoLeader", "both wait", map[string]string{leads: "0x10", waits: "0x10"}, 5 * time.Minute, []string{"No replica of the profile controller leads."}},
	{"ProfileControllerHasNoLeader", "one leads", map[string]string{leads: "1x60", waits: "0x60"}, time.Hour, nil},

	{"ProfilesNotReady", "two replicas see the same three", map[string]string{
		`kfprofiles_profiles{ready="False",pod="a"}`: "2x40", `kfprofiles_profiles{ready="False",pod="b"}`: "2x40",
		`kfprofiles_profiles{ready="Unknown",pod="a"}`: "1x40", `kfprofiles_profiles{ready="True",pod="a"}`: "90x40"},
		30 * time.Minute, []string{"3 Profiles have not been ready for half an hour."}},
	{"ProfilesNotReady", "all are ready", map[string]string{`kfprofiles_profiles{ready="False"}`: "0x60", `kfprofiles_profiles{ready="True"}`: "9x60"}, time.Hour, nil},

	{"ProfilesSlowToReady", "each takes more than half a minute", map[string]string{
		`kfprofiles_time_to_ready_seconds_bucket{le="30"}`: "0x60", `kfprofiles_time_to_ready_seconds_bucket{le="60"}`: "0+1x60",
		`kfprofiles_time_to_ready_seconds_bucket{le="+Inf"}`: "0+1x60", `kfprofiles_time_to_ready_seconds_count`: "0+1x60"},
		time.Hour, []string{"One of ten new Profiles takes 57s or longer until it is ready."}},
	{"ProfilesSlowToReady", "the only one was misspelled for long", map[string]string{
		`kfprofiles_time_to_ready_seconds_bucket{le="30"}`: "0x60", `kfprofiles_time_to_ready_seconds_bucket{le="60"}`: "0x60",
		`kfprofiles_time_to_ready_seconds_bucket{le="+Inf"}`: "0x35 1x25", `kfprofiles_time_to_ready_seconds_count`: "0x35 1x25"}, time.Hour, nil},
	{"ProfilesSlowToReady", "there are no new ones", map[string]string{
		`kfprofiles_time_to_ready_seconds_bucket{le="30"}`: "0x60", `kfprofiles_time_to_ready_seconds_bucket{le="+Inf"}`: "99x60",
		`kfprofiles_time_to_ready_seconds_count`: "99x60"}, time.Hour, nil},

	{"ProfileReconcilesFail", "each second", map[string]string{`controller_runtime_reconcile_errors_total{controller="profile"}`: "0+60x60"},
		time.Hour, []string{"The profile controller fails and tries again, 1.0 times a second."}},
	{"ProfileReconcilesFail", "once in a while", map[string]string{`controller_runtime_reconcile_errors_total{controller="profile"}`: "0+1x60"}, time.Hour, nil},

	{"ProfileReconcilePanics", "one", map[string]string{`controller_runtime_reconcile_panics_total{controller="profile"}`: "0x5 1x5"},
		8 * time.Minute, []string{"A reconcile of the profile controller ended in a panic."}},
	{"ProfileReconcilePanics", "none lately", map[string]string{`controller_runtime_reconcile_panics_total{controller="profile"}`: "1x90"}, 80 * time.Minute, nil},

	{"ProfileQueueGrows", "for long, in two classes of the leader", map[string]string{
		`workqueue_depth{controller="profile",pod="a",priority="0"}`: "70x30", `workqueue_depth{controller="profile",pod="a",priority="-100"}`: "80x30",
		`workqueue_depth{controller="profile",pod="b",priority="0"}`: "0x30"}, 20 * time.Minute, []string{"150 Profiles wait for the controller."}},
	{"ProfileQueueGrows", "two replicas each have some", map[string]string{
		`workqueue_depth{controller="profile",pod="a",priority="0"}`: "70x30", `workqueue_depth{controller="profile",pod="b",priority="0"}`: "80x30"}, 20 * time.Minute, nil},
	{"ProfileQueueGrows", "for a moment", map[string]string{`workqueue_depth{controller="profile"}`: "0x10 900x5 0x30"}, 15 * time.Minute, nil},

	{"ProfileObjectsContested", "another controller patches back", map[string]string{`kfprofiles_api_writes_total{kind="Namespace",verb="patch"}`: "0+6x200"},
		3 * time.Hour, []string{"Somebody keeps changing objects of kind Namespace that belong to Profiles."}},
	{"ProfileObjectsContested", "many Profiles are new", map[string]string{`kfprofiles_api_writes_total{kind="Namespace",verb="create"}`: "0+60x200",
		`kfprofiles_api_writes_total{kind="Profile",verb="patch"}`: "0+60x200"}, 3 * time.Hour, nil},

	{"ProfileNamespaceLabelsUnusable", "the leader cannot read it", map[string]string{labelA: "0x30", labelB: "0x30", leads: "1x30", waits: "0x30"},
		15 * time.Minute, []string{"The namespace labels file is missing or broken."}},
	{"ProfileNamespaceLabelsUnusable", "who waits does not read it", map[string]string{labelA: "1x60", labelB: "0x60", leads: "1x60", waits: "0x60"}, time.Hour, nil},
	{"ProfileNamespaceLabelsUnusable", "nobody leads, who would read it", map[string]string{labelA: "0x60", labelB: "0x60", leads: "0x60", waits: "0x60"}, time.Hour, nil},

	{"ProfileCloudThrottles", "every other request", map[string]string{
		`kfprofiles_aws_iam_requests_total{operation="GetRole",result="throttled"}`: "0+5x60", `kfprofiles_aws_iam_requests_total{operation="GetRole",result="ok"}`: "0+5x60"},
		time.Hour, []string{"A cloud answers 50% of the GetRole with the request to slow down."}},
	{"ProfileCloudThrottles", "now and then", map[string]string{
		`kfprofiles_gcp_iam_requests_total{operation="setIamPolicy",result="throttled"}`: "0+1x60", `kfprofiles_gcp_iam_requests_total{operation="setIamPolicy",result="ok"}`: "0+9x60"},
		time.Hour, nil},

	{"ProfileCloudFails", "the right is missing", map[string]string{`kfprofiles_aws_eks_requests_total{operation="ListClusters",result="AccessDeniedException"}`: "0+1x60"},
		time.Hour, []string{"ListClusters keeps failing: AccessDeniedException."}},
	{"ProfileCloudFails", "others write at the same time", map[string]string{`kfprofiles_gcp_iam_requests_total{operation="setIamPolicy",result="conflict"}`: "0+1x60"}, time.Hour, nil},

	{"ProfileAccessPanics", "one", map[string]string{`kfprofiles_kfam_panics_total{pod="a"}`: "0x5 1x5"}, 8 * time.Minute, []string{"A request to the access API ended in a panic."}},
	{"ProfileAccessPanics", "none", map[string]string{`kfprofiles_kfam_panics_total{pod="a"}`: "0x90"}, 80 * time.Minute, nil},

	{"ProfileAccessFails", "one call of ten, while the probes go well", map[string]string{
		bindings + `code="500"}`: "0+1x60", bindings + `code="200"}`: "0+9x60", probes + `code="200"}`: "0+12x60"},
		time.Hour, []string{"The access API fails 10% of its requests."}},
	{"ProfileAccessFails", "clients are refused", map[string]string{bindings + `code="403"}`: "0+9x60", bindings + `code="200"}`: "0+1x60"}, time.Hour, nil},
	{"ProfileAccessFails", "a new replica is not ready yet", map[string]string{
		bindings + `code="200"}`: "0+1x60", probes + `code="503"}`: "0+12x60", probes + `code="200"}`: "0+12x60"}, time.Hour, nil},
	{"ProfileAccessFails", "the only call of the night does", map[string]string{bindings + `code="500"}`: "0x20 1x40", bindings + `code="200"}`: "0x60"}, 30 * time.Minute, nil},

	{"ProfileAccessSlow", "many calls take seconds, and the probes do not", map[string]string{
		callsWithin + `le="1"}`: "0+9x60", callsWithin + `le="2.5"}`: "0+10x60", callsWithin + `le="+Inf"}`: "0+10x60",
		probesWithin + `le="1"}`: "0+9000x60", probesWithin + `le="2.5"}`: "0+9000x60", probesWithin + `le="+Inf"}`: "0+9000x60"},
		time.Hour, []string{"One of a hundred requests to the access API takes 2.35s or longer."}},
	{"ProfileAccessSlow", "all are quick", map[string]string{callsWithin + `le="1"}`: "0+10x60", callsWithin + `le="+Inf"}`: "0+10x60"}, time.Hour, nil},
	{"ProfileAccessSlow", "scrapes of much take long", map[string]string{callsWithin + `le="1"}`: "0+10x60", callsWithin + `le="+Inf"}`: "0+10x60",
		`kfprofiles_kfam_request_duration_seconds_bucket{call="/metrics",le="1"}`: "0x60", `kfprofiles_kfam_request_duration_seconds_bucket{call="/metrics",le="2.5"}`: "0+10x60",
		`kfprofiles_kfam_request_duration_seconds_bucket{call="/metrics",le="+Inf"}`: "0+10x60"}, time.Hour, nil},

	{"ProfileAccessRefusesManyChanges", "each second", map[string]string{`kfprofiles_kfam_decisions_total{action="Grant",outcome="refused",reason="NotAllowed"}`: "0+60x60"},
		time.Hour, []string{"Many changes are refused: NotAllowed."}},
	{"ProfileAccessRefusesManyChanges", "many are done", map[string]string{`kfprofiles_kfam_decisions_total{action="Grant",outcome="done",reason="Owner"}`: "0+60x60"}, time.Hour, nil},

	{"ProfileAccessSweepsFail", "all of them", map[string]string{`kfprofiles_kfam_sweeps_total{result="failed"}`: "0+0.1x120", `kfprofiles_kfam_sweeps_total{result="complete"}`: "0x120"},
		2 * time.Hour, []string{"Half-made bindings have not been healed for an hour."}},
	{"ProfileAccessSweepsFail", "none was ever complete", map[string]string{`kfprofiles_kfam_sweeps_total{result="failed"}`: "0+0.1x120"},
		2 * time.Hour, []string{"Half-made bindings have not been healed for an hour."}},
	{"ProfileAccessSweepsFail", "not all of them", map[string]string{`kfprofiles_kfam_sweeps_total{result="failed"}`: "0+0.05x120", `kfprofiles_kfam_sweeps_total{result="complete"}`: "0+0.05x120"}, 2 * time.Hour, nil},

	{"ProfileAccessHealsAgainAndAgain", "for hours", map[string]string{`kfprofiles_kfam_swept_policies_total{change="created"}`: "0+1x300"},
		5 * time.Hour, []string{"Something keeps breaking the mesh policies of contributors."}},
	{"ProfileAccessHealsAgainAndAgain", "once", map[string]string{`kfprofiles_kfam_swept_policies_total{change="created"}`: "0x30 50x300"}, 5 * time.Hour, nil},
}

func TestAlerts(t *testing.T) {
	rules, loud, quiet := alerts(t), map[string]bool{}, map[string]bool{}
	for _, trial := range trials {
		t.Run(trial.alert+" when "+trial.when, func(t *testing.T) {
			rule, there := rules[trial.alert]
			if !there {
				t.Fatal("there is no such alert")
			}
			got := fires(t, rule, trial.series, trial.after)
			if diff := cmp.Diff(trial.says, got); diff != "" {
				t.Errorf("%s says (-want +got):\n%s", rule.Expr, diff)
			}
			loud[trial.alert], quiet[trial.alert] = loud[trial.alert] || len(trial.says) > 0, quiet[trial.alert] || len(trial.says) == 0
		})
	}
	for name := range rules {
		if !loud[name] || !quiet[name] {
			t.Errorf("%s is not tried both ways", name)
		}
	}
}

func TestEveryAlertSaysHowBadItIsAndWhatToDo(t *testing.T) {
	root, err := playground.Root()
	if err != nil {
		t.Fatal(err)
	}
	operations, err := os.ReadFile(root + "/docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range alerts(t) {
		if severity := rule.Labels["severity"]; severity != "critical" && severity != "warning" {
			t.Errorf("%s has the severity %q", name, severity)
		}
		if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%s has the annotations %v", name, rule.Annotations)
		}
		if !strings.Contains(string(operations), "`"+name+"`") {
			t.Errorf("docs/operations.md does not say what to do about %s", name)
		}
	}
}

func alerts(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	all, err := Alerts()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]rulefmt.Rule{}
	for _, rule := range all {
		if _, twice := byName[rule.Alert]; twice || rule.Alert == "" {
			t.Errorf("%q is the name of two rules, or no alert", rule.Alert)
		}
		byName[rule.Alert] = rule
	}
	return byName
}
