// Package plugintest is the contract of package plugin as tests. Every plugin passes them:
//
//	func TestContract(t *testing.T) { plugintest.Run(t, subject{...}) }
//
// A Subject is a plugin together with a double of its cloud. The tests are the controller:
// they start the plugin anew as after a restart, call it again when it says that there is
// news, and carry its calls to the cloud, so that they can cut off each of them, before
// it was carried out or after. What they judge by is the double alone: all states that an
// identity ever had, and who might use it in each.
//
// For tests of what a plugin does besides there is a Driver, which calls the plugin as the
// controller does, and a Host, which a test can watch and wait for:
//
//	host := plugintest.NewHost()
//	p, err := New(Options{Host: host, ...})
//	d := plugintest.Drive(t, p, host)
//	d.MustApply("alice", binding)
//	plugintest.WantRefusal(t, d.Settle("bob", p.Apply, wrong), "IdentityNotFound")
package plugintest
