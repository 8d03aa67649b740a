using System.Text;
using Shouldly;
using Skep.Tetragon.Api;
using Skep.Tetragon.Export;
using Skep.Tetragon.Filters;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Filters;

public class RedactorTests
{
    [Theory]
    [InlineData("""{"redact":["(?:password|token)=(\\S+)"]}""", "a --password=x b token=yz", "a --password=***** b token=*****")]
    [InlineData("""{"redact":["-p (\\S+) -q (\\S+)"]}""", "-p a -q b", "-p ***** -q *****")]
    [InlineData("""{"redact":["(a(b)c)"]}""", "xabcx", "x*****x")]
    [InlineData("""{"redact":["k(?P<secret>[0-9]*)v"]}""", "kv k12v", "kv k*****v")]
    [InlineData("""{"redact":["(x)","(\\*+)y"]}""", "xy", "*****y")]
    [InlineData("""{"redact":["(x)"],"binary_regex":["/sh$"]}""", "x", null)]
    [InlineData("""{"redact":["(x)"],"binary_regex":["/sh$","curl"]}""", "x", "*****")]
    [InlineData("""{"redact":["(z)"]}""", "x", null)]
    [InlineData("""{"redact":["(a)|(b)"]}""", "abc", "**********c")]
    [InlineData("""{"redact":["(?:(a)-)+"]}""", "a-a-", "a-*****-")]
    public void Groups_are_replaced(string filters, string text, string? expected) =>
        Redactor.Compile(FilterJson.ReadRedactionFilters(filters)).Redact("/usr/bin/curl", text).ShouldBe(expected);

    [Theory]
    [InlineData("""{"redact":["secret"]}""", "redaction_filters[0].redact[0]: \"secret\" has no group")]
    [InlineData("""{"redact":["("]}""", "redaction_filters[0].redact[0]: bad regular expression")]
    [InlineData("""{"redact":["(a)"],"binary_regex":["["]}""", "redaction_filters[0].binary_regex[0]: bad regular expression")]
    [InlineData("""{}""", "redaction_filters[0].redact: an expression is needed")]
    [InlineData("""{"redact":["(a)"],"match":[{}]}""", "redaction_filters[0].match: no longer supported")]
    public void Filters_that_would_hide_nothing_are_refused(string filters, string message) =>
        Should.Throw<FilterException>(() => Redactor.Compile(FilterJson.ReadRedactionFilters(filters))).Message.ShouldStartWith(message);

    [Fact]
    public void Secrets_are_in_no_output()
    {
        var redactor = Redactor.Compile(FilterJson.ReadRedactionFilters("""{"redact":["--token (\\w+)","KEY=(.*)"]} {"redact":["(example)"],"binary_regex":["/sh$"]}"""));
        var options = ExportFixture.Options with { Redactor = redactor, EnvironmentVariables = true, Ancestors = ExportAncestors.Base };
        var process = FilterFixture.Process(null);
        var child = new Engine.Processes.ProcessInfo { Id = new(7, 7), Parent = process, Executable = "/bin/true"u8.ToArray(), Arguments = "true\0--token abc\0"u8.ToArray() };
        foreach (var type in (EventType[])[EventType.ProcessExec, EventType.ProcessExit, EventType.ProcessKprobe])
        {
            var text = Encoding.UTF8.GetString(FilterFixture.Line(type, child, options)) + Encoding.UTF8.GetString(FilterFixture.Line(type, process, options));
            text.ShouldNotContain("secret");
            text.ShouldNotContain("hunter2");
            text.ShouldNotContain("abc");
            text.ShouldContain("https://example.org \\\"--token *****\\\"");
            text.ShouldContain("curl *****.org");
            text.ShouldContain("{\"Key\":\"API_KEY\",\"Value\":\"*****\"}");
            text.ShouldContain("{\"Key\":\"PATH\",\"Value\":\"/bin\"}");
        }
        var compact = new CompactWriter(new CompactOptions { Clock = ExportFixture.Clock, Redactor = redactor });
        compact.WriteExec(process, 1);
        Encoding.UTF8.GetString(compact.Written).ShouldContain("https://example.org \"--token *****\"");
    }
}
