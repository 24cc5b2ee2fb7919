// Package conformance compares the generated SDK with Clerk's own client, clerk-js. Its tests play the same scenarios with
// both against the fake of package fapitest, and compare what they sent and what they know after each step. README.md lists
// every difference there is, with its reason.
package conformance
