using System.Net;
using System.Text;
using System.Text.Json;
using Shouldly;
using Skep.Falco.Evaluation;
using Skep.Falco.Output;
using Skep.Falco.Tests.Evaluation;
using Skep.Falco.Tests.Loading;
using Xunit;

namespace Skep.Falco.Tests.Output;

public class OutputTests
{
    static readonly AlertOptions s_options = new() { TimeInIso8601 = true, Hostname = "host" };

    [Theory]
    [InlineData("opened", "opened")]
    [InlineData("%proc.name read %fd.name.", "cat read /etc/passwd.")]
    [InlineData("(user=%user.name)", "(user=<NA>)")]
    [InlineData("%proc.aname[2]|%proc.aname|%proc.aname[9]", "sshd|<NA>|<NA>")]
    [InlineData("[%8proc.name][%2proc.name][%6user.name]", "[cat     ][ca][<NA>  ]")]
    [InlineData("%toupper(proc.name)%basename(fd.name)", "CATpasswd")]
    [InlineData("%fd.num %evt.is_open_read %fd.sip %fd.sport", "3 true 10.1.2.3 443")]
    [InlineData("%evt.arg.flags %evt.arg[flags], %evt.rawarg.mode", "O_RDONLY O_RDONLY, 438")]
    [InlineData("%container.label.app", "web")]
    [InlineData("%container.label[app]", "web")]
    [InlineData("%fd.types", "(file,ipv4)")]
    [InlineData("%fd.dev %evt.rawtime.ns %thread.cpu", "fd01 000000005 1.5")]
    [InlineData("%evt.buffer", "a.b.")]
    [InlineData("%evt.time.iso8601 %evt.rawtime.s", "2016-08-04T16:17:57.000000005+0000 1470327477")]
    [InlineData("%proc.cmdline", "cat \\\"a\\\\b\\\"\\n\\u0001\ufffdä")]
    public void Text_has_fields_in_it(string output, string expected) =>
        Text(output).ShouldBe("2016-08-04T16:17:57.000000005+0000: Informational " + expected);

    [Fact]
    public void Json_has_Falcos_keys_in_their_order()
    {
        var line = Json("%proc.name %fd.num %user.name %proc.aname[2] %evt.is_open_read %fd.sip %fd.types %evt.time", s_options, tags: "b, a");

        line.ShouldBe("""
            {"hostname":"host","output":"2016-08-04T16:17:57.000000005+0000: Informational cat 3 <NA> sshd true 10.1.2.3 (file,ipv4) TIME","output_fields":{"evt.is_open_read":true,"evt.time":1470327477000000005,"evt.time.iso8601":1470327477000000005,"fd.num":3,"fd.sip":"10.1.2.3","fd.types":["file","ipv4"],"proc.aname[2]":"sshd","proc.name":"cat","user.name":null},"priority":"Informational","rule":"a","source":"syscall","tags":["a","b"],"time":"2016-08-04T16:17:57.000000005Z"}
            """.Replace("TIME", LocalTime(), StringComparison.Ordinal));
    }

    [Fact]
    public void Json_leaves_out_what_is_switched_off()
    {
        var options = s_options with { IncludeMessage = true, IncludeOutput = false, IncludeOutputFields = false, IncludeTags = false };

        Json("%proc.name", options).ShouldBe("""{"hostname":"host","message":"cat","priority":"Informational","rule":"a","source":"syscall","time":"2016-08-04T16:17:57.000000005Z"}""");
    }

    [Fact]
    public void Json_is_valid_whatever_the_values_are()
    {
        using var document = JsonDocument.Parse(Json("%proc.cmdline %evt.buffer", s_options));

        var fields = document.RootElement.GetProperty("output_fields");
        fields.GetProperty("proc.cmdline").GetString().ShouldBe("cat \"a\\b\"\n\u0001\ufffdä");
        fields.GetProperty("evt.time.iso8601").GetInt64().ShouldBe(1470327477000000005);
    }

    [Fact]
    public void Buffers_can_be_base64()
    {
        Json("%evt.buffer", s_options with { BuffersInBase64 = true }).ShouldContain("\"evt.buffer\":\"YQBiAQ==\"");
    }

    [Fact]
    public void Alerts_allocate_nothing()
    {
        var rule = Rule("%proc.name %proc.cmdline %fd.num %fd.sip %fd.types %evt.buffer %8user.name %toupper(proc.name) %evt.time", "b, a");
        var (writer, item, scratch) = (new AlertWriter(s_options), Sample(), new Scratch());
        for (var i = 0; i < 3; i++) writer.WriteJson(rule, item, scratch);

        var before = GC.GetAllocatedBytesForCurrentThread();
        writer.WriteJson(rule, item, scratch);
        writer.WriteText(rule, item, scratch);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Suggested_fields_are_appended()
    {
        var rules = FalcoRules.Load([new("a.yaml", LoadingCase.Rule("@rule a: evt.type=open"))]);

        rules.Rules[0].Output.Text.ShouldBe("o container_id=%container.id container_name=%container.name container_image_repository=%container.image.repository container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name");
    }

    static string LocalTime() => DateTimeOffset.FromUnixTimeSeconds(1470327477).ToLocalTime().ToString("HH':'mm':'ss", System.Globalization.CultureInfo.InvariantCulture) + ".000000005";

    static string Text(string output)
    {
        var rule = Rule(output, "x");
        return Encoding.UTF8.GetString(new AlertWriter(s_options).WriteText(rule, Sample(), new()));
    }

    static string Json(string output, AlertOptions options, string tags = "x") =>
        Encoding.UTF8.GetString(new AlertWriter(options).WriteJson(Rule(output, tags), Sample(), new()));

    static FalcoRule Rule(string output, string tags)
    {
        var text = $"- rule: a\n  desc: d\n  output: '{output}'\n  priority: INFO\n  condition: evt.type=open\n  tags: [{tags}]\n";
        var rules = FalcoRules.Load([new("a.yaml", text)], new() { AppendSuggestedOutput = false });
        rules.HasErrors.ShouldBeFalse(string.Join('\n', rules.Diagnostics));
        return rules.Rules[0];
    }

    static TestEvent Sample() => new("open")
    {
        ["evt.rawtime"] = 1470327477000000005,
        ["evt.is_open_read"] = true,
        ["evt.arg[flags]"] = "O_RDONLY",
        ["evt.rawarg[mode]"] = 438,
        ["evt.buffer"] = new byte[] { (byte)'a', 0, (byte)'b', 1 },
        ["proc.name"] = "cat",
        ["proc.cmdline"] = (byte[])[.. "cat \"a\\b\"\n\u0001"u8, 0xff, .. "ä"u8],
        ["proc.aname"] = new object[] { "bash", "sshd" },
        ["proc.aname[2]"] = "sshd",
        ["thread.cpu"] = 1.5,
        ["container.label[app]"] = "web",
        ["fd.name"] = "/etc/passwd",
        ["fd.num"] = 3,
        ["fd.dev"] = 0xfd01,
        ["fd.sip"] = IPAddress.Parse("10.1.2.3"),
        ["fd.sport"] = 443,
        ["fd.types"] = new object[] { "file", "ipv4" },
    };
}
