using System.CommandLine;
using Shouldly;
using Skep.Cli.Client;
using Skep.Tetragon.Api;
using Xunit;

namespace Skep.Cli.Tests.Client;

public class EventFilterOptionsTests
{
    static GetEventsRequest Read(string line)
    {
        var command = new Command("events");
        var options = new EventFilterOptions(command);
        var parsed = command.Parse(line);
        parsed.Errors.ShouldBeEmpty();
        return options.Read(parsed);
    }

    [Fact]
    public void Nothing_asked_is_nothing_filtered() => Read("").ShouldBe(new GetEventsRequest());

    [Fact]
    public void Options_are_fields_of_one_filter_and_values_of_one_option_values_of_one_field() =>
        Read("-e exec,PROCESS_KPROBE --event-types exit --process /a,b --process c --arguments x --parents p --pids 1,2 --pids 3 --pid-sets 9 --policy-names a,b --namespace n --host --pod q --container c1 "
            + "--container-id abc --labels a=b,c!=d --cel-expression true --in-init-tree false --namespace-regex r --ancestors z").ShouldBe(new GetEventsRequest
            {
                AllowList =
                {
                    new Filter
                    {
                        EventSet = { EventType.ProcessExec, EventType.ProcessKprobe, EventType.ProcessExit }, BinaryRegex = { "/a,b", "c" }, ArgumentsRegex = { "x" }, ParentBinaryRegex = { "p" },
                        AncestorBinaryRegex = { "z" }, Pid = { 1, 2, 3 }, PidSet = { 9 }, PolicyNames = { "a", "b" }, Namespace = { "n", "" }, NamespaceRegex = { "r" }, PodRegex = { "q" },
                        ContainerNameRegex = { "c1" }, ContainerId = { "abc" }, Labels = { "a=b,c!=d" }, CelExpression = { "true" }, InInitTree = false,
                    },
                },
            });

    [Fact]
    public void Members_are_chosen_and_left_out()
    {
        var fields = Read("-f process.pid,process.binary --exclude-field parent").FieldFilters;
        fields.Select(f => (f.Action, string.Join(',', f.Fields.Paths))).ShouldBe([(FieldFilterAction.Include, "process.pid,process.binary"), (FieldFilterAction.Exclude, "parent")]);
    }

    [Fact]
    public void Kind_that_does_not_exist_is_an_error() => Should.Throw<UserException>(() => Read("-e exek")).Message.ShouldContain("'exek'");

    [Fact]
    public void Pid_that_is_no_number_is_an_error()
    {
        var command = new Command("events");
        _ = new EventFilterOptions(command);
        command.Parse("--pids 1,x").Errors.Single().Message.ShouldContain("'x'");
    }
}
