package replay

import (
	"cmp"
	"slices"
	"time"
)

// scheduleByClock gives each order the moment it is due after the start, and
// puts the orders in that order; equal moments keep the order of the file. With
// overlay only the time of day counts, so that all days run at once.
func scheduleByClock(orders []order, speed float64, overlay bool) {
	for i := range orders {
		orders[i].due = orders[i].at.Sub(orders[0].at)
		if overlay {
			orders[i].due = timeOfDay(orders[i].at)
		}
	}
	slices.SortStableFunc(orders, func(a, b order) int { return cmp.Compare(a.due, b.due) })
	first := orders[0].due
	for i := range orders {
		orders[i].due = time.Duration(float64(orders[i].due-first) / speed)
	}
}

func timeOfDay(at time.Time) time.Duration {
	hour, minute, second := at.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(at.Nanosecond())
}
