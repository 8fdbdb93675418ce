//go:build race

package cache

// raceDetector allocates by itself.
const raceDetector = true
