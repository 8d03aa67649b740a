using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using Skep.Tetragon.Api;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Filters;

public class FieldFilterTests
{
    const string Event = """{"process_exec":{"process":{"exec_id":"a","pid":1,"pod":{"name":"p","namespace":"n","pod_labels":{"app":"x","a.b/c":"y"}}},"parent":{"exec_id":"b","pid":2},"ancestors":[{"pid":3,"binary":"c"},{"pid":4,"binary":"d"}]},"node_name":"n","time":"2030-01-02T03:04:05Z"}""";

    static JsonNode Apply(string filters, EventType type = EventType.ProcessExec, string json = Event)
    {
        var line = Encoding.UTF8.GetBytes(json + "\n");
        var result = FieldFilters.Compile(FilterJson.ReadFieldFilters(filters)).Apply(type, line);
        result[^1].ShouldBe((byte)'\n');
        ExportFixture.ShouldBeOfTheApi(result);
        return JsonNode.Parse(result)!;
    }

    [Theory]
    [InlineData("""{"fields":"process.exec_id,parent.pid"}""", """{"process":{"exec_id":"a"},"parent":{"pid":2}}""")]
    [InlineData("""{"fields":"process.execId"}""", """{"process":{"exec_id":"a"}}""")]
    [InlineData("""{"fields":"process.pod.name"}""", """{"process":{"pod":{"name":"p"}}}""")]
    [InlineData("""{"fields":"process.pod.pod_labels.a.b/c"}""", """{"process":{"pod":{"pod_labels":{"a.b/c":"y"}}}}""")]
    [InlineData("""{"fields":"ancestors.binary"}""", """{"ancestors":[{"binary":"c"},{"binary":"d"}]}""")]
    [InlineData("""{"fields":"process,process.pid"}""", """{"process":{"exec_id":"a","pid":1,"pod":{"name":"p","namespace":"n","pod_labels":{"app":"x","a.b/c":"y"}}}}""")]
    [InlineData("""{"fields":"process.pid,parent"} {"fields":"process,parent.pid"}""", """{"process":{"pid":1},"parent":{"pid":2}}""")]
    [InlineData("""{"fields":"process"} {"fields":"parent"}""", """{}""")]
    [InlineData("""{"fields":"process.pod,parent,ancestors","action":"EXCLUDE"}""", """{"process":{"exec_id":"a","pid":1}}""")]
    [InlineData("""{"fields":"process.pod.pod_labels,ancestors.binary","action":"EXCLUDE"} {"fields":"parent","action":"EXCLUDE"}""", """{"process":{"exec_id":"a","pid":1,"pod":{"name":"p","namespace":"n"}},"ancestors":[{"pid":3},{"pid":4}]}""")]
    [InlineData("""{"fields":"process.pid,process.exec_id"} {"fields":"process.pid","action":"EXCLUDE"}""", """{"process":{"exec_id":"a"}}""")]
    [InlineData("""{"fields":"process.pid","action":"EXCLUDE"} {"fields":"process.pid,process.exec_id"}""", """{"process":{"exec_id":"a"}}""")]
    [InlineData("""{"fields":"function_name"}""", """{}""")]
    [InlineData("""{"fields":"process.pid","event_set":["PROCESS_EXEC"]}""", """{"process":{"pid":1}}""")]
    [InlineData("""{"fields":"process.pid","event_set":["PROCESS_EXIT"],"invert_event_set":true}""", """{"process":{"pid":1}}""")]
    public void Members_stay_that_are_named_and_go_that_are_excluded(string filters, string expected)
    {
        var result = Apply(filters);
        ExportFixture.ShouldBe(result["process_exec"], expected);
        result["node_name"]!.GetValue<string>().ShouldBe("n");
        result["time"].ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{"fields":"process.pid","event_set":["PROCESS_EXIT"]}""")]
    [InlineData("""{"fields":"process.pid","event_set":["PROCESS_EXEC"],"invert_event_set":true}""")]
    [InlineData("""{"fields":""}""")]
    [InlineData("""{"action":"EXCLUDE"}""")]
    [InlineData("")]
    public void Events_that_no_filter_is_for_stay_whole(string filters) => ExportFixture.ShouldBe(Apply(filters), Event);

    [Theory]
    [InlineData("""{"fields":"process.pidd"}""", "field_filters[0].fields: none of these events has a field process.pidd")]
    [InlineData("""{"fields":"process.pid"} {"fields":"function_name","event_set":["PROCESS_EXEC"]}""", "field_filters[1].fields: none of these events has a field function_name")]
    [InlineData("""{"fields":"process.pid.value"}""", "field_filters[0].fields")]
    [InlineData("""{"fields":"process..pid"}""", "field_filters[0].fields")]
    public void Paths_that_lead_nowhere_are_refused(string filters, string message) =>
        Should.Throw<FilterException>(() => FieldFilters.Compile(FilterJson.ReadFieldFilters(filters))).Message.ShouldStartWith(message);

    [Fact]
    public void Each_type_of_event_has_its_own_mask()
    {
        const string Filters = """{"fields":"process.binary,function_name"}""";
        ExportFixture.ShouldBe(Apply(Filters, EventType.ProcessKprobe, """{"process_kprobe":{"process":{"binary":"x","pid":1},"function_name":"f","action":"KPROBE_ACTION_POST"},"time":"2030-01-02T03:04:05Z"}"""),
            """{"process_kprobe":{"process":{"binary":"x"},"function_name":"f"},"time":"2030-01-02T03:04:05Z"}""");
    }

    [Fact]
    public void Rewriting_allocates_nothing()
    {
        var filters = FieldFilters.Compile(FilterJson.ReadFieldFilters("""{"fields":"process.binary,process.pod.pod_labels,parent"} {"fields":"parent.arguments","action":"EXCLUDE"}"""));
        var line = FilterFixture.Line(EventType.ProcessExec);
        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++) filters.Apply(EventType.ProcessExec, line);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated();
        Allocated().ShouldBe(0);
    }
}
