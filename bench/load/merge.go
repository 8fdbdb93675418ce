package load

// merge adds a later run of the same load, as if both had been one with a pause.
// Percentiles are of all requests together, not averages of percentiles.
func (r *Result) merge(next Result) {
	next.Course.Points = next.Course.Whole(next.Seconds)
	if r.timed == nil {
		*r = next
		return
	}
	r.Seconds += next.Seconds
	r.Partial = r.Partial || next.Partial
	r.Sent, r.Requests, r.Errors = r.Sent+next.Sent, r.Requests+next.Requests, r.Errors+next.Errors
	r.Unsent, r.LateStarts, r.WorstLate = r.Unsent+next.Unsent, r.LateStarts+next.LateStarts, max(r.WorstLate, next.WorstLate)
	merged := faults(r.FirstFault)
	for _, f := range next.FirstFault {
		merged.addCount(f)
	}
	r.FirstFault = merged
	r.timed.all.merge(&next.timed.all)
	r.timed.sent.merge(&next.timed.sent)
	for i := range r.timed.operations {
		r.timed.operations[i].merge(&next.timed.operations[i])
	}
	r.Course.Points = append(r.Course.Points, next.Course.Points...)
	r.sumUp()
	r.Generator.merge(&next.Generator, r)
	if r.Server != nil && next.Server != nil {
		r.Server.merge(next.Server, r)
	}
	if r.Screens != nil && next.Screens != nil {
		r.Screens.merge(next.Screens, r)
	}
}

func (u *Usage) merge(next *Usage, of *Result) {
	if next.Unknown != "" {
		u.Unknown = next.Unknown
	}
	u.CPUSeconds += next.CPUSeconds
	u.ResidentMost = max(u.ResidentMost, next.ResidentMost)
	if of.Seconds > 0 {
		u.Cores = u.CPUSeconds / of.Seconds
	}
	if of.Requests > 0 {
		u.MicrosEach = u.CPUSeconds * 1e6 / float64(of.Requests)
	}
}
