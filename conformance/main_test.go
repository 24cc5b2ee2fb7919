package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// chromiumPath is the browser of TestMain.
var chromiumPath string

// TestMain sees to it that the other clients are there: a comparison that is left out proves nothing.
func TestMain(m *testing.M) {
	if err := findClients(); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
	code := m.Run()
	if browser.close != nil {
		browser.close()
	}
	os.Exit(code)
}

func findClients() error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("no node: install Node.js 20.9 or later")
	}
	for _, name := range []string{"clerk-js", "backend"} {
		if _, err := os.Stat("node_modules/@clerk/" + name + "/dist"); err != nil {
			return fmt.Errorf("no @clerk/%s: run `npm ci --ignore-scripts` in conformance/", name)
		}
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromiumPath = path
			return nil
		}
	}
	return fmt.Errorf("no Chromium: install it (apt-get install chromium)")
}
