using System.Text;
using System.Text.Json;
using Shouldly;
using Skep.Tetragon.Api;
using Skep.Tetragon.Tests.Export;
using Xunit;

namespace Skep.Tetragon.Tests.Api;

/// <summary>Beside these, each test of the export also encodes what it printed.</summary>
public class EventTranscoderTests
{
    static byte[] Encode(string line) => new EventTranscoder().Encode(Encoding.UTF8.GetBytes(line)).ToArray();

    [Fact]
    public void Every_kind_of_member_is_the_same_message_on_the_wire() => ExportFixture.ShouldBeOfTheApi("""
        {"process_kprobe":{"process":{"exec_id":"eA==","pid":0,"uid":4294967295,"start_time":"1969-12-31T23:59:59.5Z","in_init_tree":false,"cap":{"permitted":["CAP_CHOWN","DAC_OVERRIDE"]},
          "pod":{"pod_labels":{"a":"b","":"\u00e4\n"},"container":{"start_time":"2024-02-29T12:00:00Z","pid":1}},"environment_variables":[{"Key":"A","Value":"\"1\""}],
          "process_credentials":{"securebits":["SecBitKeepCaps"],"user_ns":{"level":-1}}},
          "args":[{"int_arg":-1},{"size_arg":"18446744073709551615"},{"long_arg":"-9223372036854775808"},{"bytes_arg":"AAEC/w=="},{"truncated_bytes_arg":{"bytes_arg":"","orig_size":"9"}},
            {"uint_arg":7,"label":"x"},{"bpf_cmd_arg":"BPF_PROG_LOAD"},{"module_arg":{"name":"m","signature_ok":false,"tainted":["TAINT_OUT_OF_TREE_MODULE"]}},{"error_arg":{"Message":"m"}},{"sockaddrun_arg":{"family":"AF_UNIX"}}],
          "return":{"int_arg":0},"action":"KPROBE_ACTION_SIGKILL","kernel_stack_trace":[{"address":"1","offset":"2","symbol":"s","module":"m"}],"tags":["a","b"]},
         "node_name":"n","time":"2026-11-25T00:00:00.000000001Z","node_labels":{"k":"v"},"aggregation_info":{"count":"3"}}
        """u8);

    [Fact]
    public void Long_parts_have_their_length_before_them()
    {
        foreach (var length in new[] { 0, 1, 126, 127, 128, 129, 16_382, 16_383, 16_384, 300_000 })
        {
            ExportFixture.ShouldBeOfTheApi(Encoding.UTF8.GetBytes($$$"""{"process_exec":{"process":{"binary":"{{{new string('x', length)}}}","arguments":"\n{{{new string('y', length)}}}"}},"node_name":"z"}"""));
        }
    }

    [Fact]
    public void Members_that_the_message_lacks_are_left_out() =>
        GetEventsResponse.Parser.ParseFrom(Encode("""{"skep":{"a":[1,{"b":2}]},"process_exec":{"more":[[]],"process":{"binary":"/x"},"parent":null}}""")).ProcessExec.Process.Binary.ShouldBe("/x");

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""{"time":"yesterday"}""")]
    [InlineData("""{"time":"2026-11-25T00:00:00.0000000001Z"}""")]
    [InlineData("""{"process_exec":7}""")]
    [InlineData("""{"process_exit":{"process":{"cap":{"permitted":["CAP_OF_NOTHING"]}}}}""")]
    [InlineData("""{"process_kprobe":{"args":[{"bytes_arg":"%"}]}}""")]
    [InlineData("""{"process_kprobe":{"args":[{"size_arg":"-1"}]}}""")]
    public void What_the_message_cannot_hold_is_refused(string line) => Should.Throw<FormatException>(() => Encode(line));

    [Fact]
    public void Lines_cut_or_changed_anywhere_encode_or_are_refused()
    {
        var line = Encoding.UTF8.GetBytes("""{"process_exit":{"process":{"pid":1,"start_time":"2022-10-18T03:16:21.373328662Z","pod":{"pod_labels":{"a":"b"}},"cap":{"permitted":["CAP_KILL"]}},"signal":"SIGKILL","status":9},"time":"2022-10-18T03:16:21Z"}""");
        var transcoder = new EventTranscoder();
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var changed = line[..random.Next(line.Length + 1)];
            if (changed.Length > 0 && round % 2 == 0) changed = [.. line];
            for (var i = random.Next(4); i > 0 && changed.Length > 0; i--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                GetEventsResponse.Parser.ParseFrom(transcoder.Encode(changed));
            }
            catch (Exception error) when (error is FormatException or JsonException or Google.Protobuf.InvalidProtocolBufferException)
            {
                // Refused. Text that is not UTF-8 is not examined here, but by who reads the message.
            }
        }
    }
}
