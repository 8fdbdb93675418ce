package billing

// group is the entries with equal components that are all exclusive or all inclusive.
type group struct {
	class     int32 // canonical, -1 = untaxed
	count     int32 // of components
	start     int32 // where its entries begin in Calculator.members
	size      int32 // of its entries
	taxes     int32 // where its taxes begin in Bill.taxes: those of its first entry, those of its second, …
	inclusive bool
	sum       int64 // Σ amounts
}

// enter puts an entry into its group.
func (c *Calculator) enter(index int, amount int64, class int, inclusive bool, out *Bill) {
	c.amounts[index] = amount
	place := &c.untaxed
	if class >= 0 {
		if c.classes[class].canonical == unused {
			c.use(class, out)
		}
		state := &c.classes[c.classes[class].canonical]
		place = &state.groups[0]
		if inclusive {
			place = &state.groups[1]
		}
	}
	if *place < 0 {
		*place = c.newGroup(class, inclusive)
	}
	c.groupOf[index] = *place
	c.groups[*place].size++
}

// follow puts an entry into the group of the one before it.
func (c *Calculator) follow(index int, amount int64) {
	same := c.groupOf[index-1]
	c.amounts[index], c.groupOf[index] = amount, same
	c.groups[same].size++
}

func (c *Calculator) newGroup(class int, inclusive bool) int32 {
	g := group{class: -1}
	if class >= 0 {
		g.class, g.inclusive = c.classes[class].canonical, inclusive
		g.count = c.classes[g.class].count
	}
	c.groups = append(c.groups, g)
	return int32(len(c.groups) - 1)
}

// arrange lays the entries out group by group, with room for their taxes.
func (c *Calculator) arrange(out *Bill) {
	c.members, c.weights = sized(c.members, len(c.amounts)), sized(c.weights, len(c.amounts))
	start, taxes := int32(0), int32(0)
	for i := range c.groups {
		g := &c.groups[i]
		g.start, g.taxes = start, taxes
		start += g.size
		taxes += g.size * g.count
		g.size = 0
	}
	if len(c.groups) == 1 { // nearly every bill: nothing moves
		c.groups[0].size, c.groups[0].sum = int32(len(c.amounts)), sumOf(c.amounts)
		copy(c.weights, c.amounts)
		for i := range c.members {
			c.members[i] = int32(i)
		}
	} else {
		c.moveEntries()
	}
	out.taxes = sized(out.taxes, int(taxes))
	out.UniformRate = c.uniformRate()
}

// moveEntries puts every entry behind the others of its group.
func (c *Calculator) moveEntries() {
	for i, amount := range c.amounts {
		g := &c.groups[c.groupOf[i]]
		at := g.start + g.size
		c.members[at], c.weights[at] = int32(i), amount
		g.size++
		g.sum += amount
	}
}

// uniformRate is the Σ of rates that all taxed groups share, or MixedRates. A class without components is not taxed.
func (c *Calculator) uniformRate() Rate {
	rate, taxed := Rate(0), false
	for i := range c.groups {
		if c.groups[i].count == 0 {
			continue
		}
		nominal := c.classes[c.groups[i].class].nominal
		if taxed && rate != nominal {
			return MixedRates
		}
		rate, taxed = nominal, true
	}
	return rate
}

// entriesOf is the entries of a group and their amounts.
func (c *Calculator) entriesOf(g *group) (members []int32, weights []int64) {
	return c.members[g.start : g.start+g.size], c.weights[g.start : g.start+g.size]
}

// taxesOf is the taxes of the entry at a place of the group.
func (g *group) taxesOf(place int, out *Bill) []int64 {
	start := int(g.taxes) + place*int(g.count)
	return out.taxes[start : start+int(g.count) : start+int(g.count)]
}
