using Shouldly;
using Skep.Falco.Conditions;
using Skep.Falco.Fields;
using Xunit;

namespace Skep.Falco.Tests.Conditions;

public class EventTypeTests
{
    static readonly int s_all = EventCatalogue.All.Count;

    [Theory]
    [InlineData("evt.type = open", "open")]
    [InlineData("evt.type in (open, openat)", "open openat")]
    [InlineData("evt.type = open or evt.type = close", "open close")]
    [InlineData("evt.type = open and evt.type = close", "")]
    [InlineData("evt.type = open and proc.name = x", "open")]
    [InlineData("evt.type in (open, close) and not evt.type = open", "close")]
    [InlineData("not (not evt.type = open or evt.type = open)", "")]
    [InlineData("not (not evt.type = open)", "open")]
    [InlineData("not (evt.type != open)", "open")]
    [InlineData("not (evt.type != open and proc.name = x) and evt.type = close", "close")]
    [InlineData("evt.type = open and evt.num = 0", "")]
    [InlineData("evt.type = open or evt.num = 0", "open")]
    [InlineData("evt.type = open and not evt.num = 0", "open")]
    [InlineData("evt.type = open and evt.num > 0", "open")]
    [InlineData("evt.type = open and not evt.num >= 0", "")]
    [InlineData("evt.type = open and evt.num = 5", "open")]
    [InlineData("evt.type = open and evt.type exists", "open")]
    [InlineData("not evt.type exists", "")]
    [InlineData("syscall.type = open", "open")]
    [InlineData("syscall.type = procexit", "")]
    [InlineData("syscall.type exists and evt.type in (open, procexit)", "open")]
    [InlineData("evt.type in (open, procexit) and not syscall.type exists", "procexit")]
    [InlineData("evt.type = io_setup", "io_setup")]
    public void Of_a_condition_are_the_events_it_can_hold_for(string condition, string expected) =>
        string.Join(' ', EventTypes.Of(ConditionParser.Parse(condition)).Select(e => e.Name)).ShouldBe(expected);

    [Theory]
    [InlineData("proc.name = x", 0)]
    [InlineData("evt.type != open", 1)]
    [InlineData("not evt.type in (open, close)", 2)]
    [InlineData("proc.name = x or evt.type = open", 0)]
    [InlineData("not proc.name = x", 0)]
    [InlineData("not (evt.type = open and proc.name = x)", 0)]
    [InlineData("evt.type startswith open", 0)]
    public void Of_a_condition_that_asks_for_no_kind_are_nearly_all(string condition, int missing) =>
        EventTypes.Of(ConditionParser.Parse(condition)).Count.ShouldBe(s_all - missing);
}
