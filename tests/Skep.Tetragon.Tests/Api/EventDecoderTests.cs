using System.Text;
using Google.Protobuf;
using Shouldly;
using Skep.Tetragon.Api;
using Xunit;

namespace Skep.Tetragon.Tests.Api;

/// <summary>Beside these, each test of the export also encodes what it printed, and compares the decoded text.</summary>
public class EventDecoderTests
{
    static string Decode(IMessage message) => Encoding.UTF8.GetString(new EventDecoder().Decode(message.ToByteArray()));

    [Fact]
    public void Message_of_another_server_is_the_same_message_in_json()
    {
        var message = GetEventsResponse.Parser.ParseJson("""
            {"process_kprobe":{"process":{"exec_id":"eA==","pid":0,"uid":4294967295,"start_time":"2020-12-31T23:59:59.5Z","in_init_tree":false,"cap":{"permitted":["CAP_CHOWN","DAC_OVERRIDE"]},
              "pod":{"pod_labels":{"a":"b","":"\u00e4\n","c":""},"container":{"start_time":"2024-02-29T12:00:00Z","pid":1}},"environment_variables":[{"Key":"A","Value":"\"1\""}],
              "process_credentials":{"securebits":["SecBitKeepCaps"],"user_ns":{"level":-1}}},
              "args":[{"int_arg":-1},{"size_arg":"18446744073709551615"},{"long_arg":"-9223372036854775808"},{"bytes_arg":"AAEC/w=="},{"truncated_bytes_arg":{"orig_size":"9"}},
                {"uint_arg":7,"label":"x"},{"bpf_cmd_arg":"BPF_PROG_LOAD"},{"module_arg":{"name":"m","signature_ok":false,"tainted":["TAINT_OUT_OF_TREE_MODULE"]}},{"error_arg":{"Message":"m"}}],
              "return":{"int_arg":0},"action":"KPROBE_ACTION_SIGKILL","tags":["a","b"]},
             "node_name":"n","time":"2026-11-25T00:00:00.000000001Z","node_labels":{"k":"v"},"aggregation_info":{"count":"3"}}
            """);
        GetEventsResponse.Parser.ParseJson(Decode(message)).ShouldBe(message);
        Decode(new GetEventsResponse()).ShouldBe("{}\n");
        Decode(new GetEventsResponse { RateLimitInfo = new RateLimitInfo { NumberOfDroppedProcessEvents = 3 }, NodeName = "n" }).ShouldBe("{\"node_name\":\"n\",\"rate_limit_info\":{\"number_of_dropped_process_events\":\"3\"}}\n");
    }

    [Fact]
    public void Fields_and_names_that_are_not_known_are_left_out()
    {
        byte[] wire = [.. new GetEventsResponse { ProcessKprobe = new ProcessKprobe { Action = (KprobeAction)99 } }.ToByteArray(), 0xf8, 0xff, 0x03, 7, 0xfa, 0xff, 0x03, 2, 1, 2];
        Encoding.UTF8.GetString(new EventDecoder().Decode(wire)).ShouldBe("{\"process_kprobe\":{\"action\":99}}\n");
    }

    [Fact]
    public void Bytes_cut_or_changed_anywhere_decode_or_are_refused()
    {
        var wire = new EventTranscoder().Encode("""{"process_exit":{"process":{"pid":1,"start_time":"2022-10-18T03:16:21.373328662Z","pod":{"pod_labels":{"a":"b"}},"cap":{"permitted":["CAP_KILL"]}},"signal":"SIGKILL","status":9},"time":"2022-10-18T03:16:21Z"}"""u8).ToArray();
        var decoder = new EventDecoder();
        var random = new Random(11);
        for (var round = 0; round < 50_000; round++)
        {
            var changed = wire[..random.Next(wire.Length + 1)];
            if (changed.Length > 0 && round % 2 == 0) changed = [.. wire];
            for (var i = random.Next(4); i > 0 && changed.Length > 0; i--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                System.Text.Json.JsonDocument.Parse(decoder.Decode(changed).ToArray()).Dispose();
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }
}
