// Package plugintest is the contract of package plugin as tests. Every plugin passes them:
//
//	func TestContract(t *testing.T) { plugintest.Run(t, subject{...}) }
//
// A Subject is a plugin together with a double of its cloud. The tests are the controller:
// they start the plugin anew as after a restart, call it again when it says that there is
// news, and carry its calls to the cloud, so that they can cut off each of them, before
// it was carried out or after. What they judge by is the double alone: all states that an
// identity ever had, and who might use it in each.
package plugintest
