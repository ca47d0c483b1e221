// Command hello is the smallest program worth an image: its tests look at the image,
// not at what it does.
package main

// greeting can be replaced when linking, which is how the tests see that linker flags
// arrive.
var greeting = "hello"

func main() {
	println(greeting)
}
