using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Shouldly;
using Skep.Bpf;
using Skep.Testing;

namespace Skep.Cli.KernelTests;

/// <summary>The listings against those of bpftool, about objects that the tests hold.</summary>
public class BpftoolTests
{
    static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    [BpftoolFact]
    public void Map_list_agrees_with_bpftool()
    {
        using var loaded = BpfObject.LoadFile(Fixture("minimal.bpf.o"));
        using var ring = BpfMap.Create(new MapSpec { Name = "a_ring", Type = MapType.RingBuffer, MaxEntries = 4096 });
        using var perCpu = BpfMap.Create(new MapSpec { Name = "per_cpu", Type = MapType.LruPerCpuHash, KeySize = 3, ValueSize = 5, MaxEntries = 64 });
        using var trie = BpfMap.Create(new MapSpec { Name = "trie", Type = MapType.LpmTrie, KeySize = 8, ValueSize = 1, MaxEntries = 9, Flags = MapFlags.NoPreallocation });
        string[] fields = ["id", "type", "name", "flags", "bytes_key", "bytes_value", "max_entries"];
        Compare("map", loaded.Maps.Values.Append(ring).Append(perCpu).Append(trie).Select(map => map.GetInfo().Id), fields);
        // In its list, bpftool 7.1 gives maps without types the id of those before.
        Compare("map", loaded.Maps.Values.Select(map => map.GetInfo().Id), ["btf_id"]);
    }

    [BpftoolFact]
    public void Link_list_agrees_with_bpftool()
    {
        using var loaded = BpfObject.LoadFile(Fixture("cli_trace.bpf.o"));
        using var raw = loaded.Programs["print_tgid"].Attach();
        using var traced = BpfObject.LoadFile(Fixture("minimal.bpf.o"));
        using var tracepoint = traced.Programs["count_getpid"].Attach();
        Compare("link", [raw.GetInfo().Id, tracepoint.GetInfo().Id], ["id", "type", "prog_id"]);
    }

    [BpftoolFact]
    public void Btf_list_and_dump_agree_with_bpftool()
    {
        using var loaded = BpfObject.LoadFile(Fixture("minimal.bpf.o"));
        var id = loaded.Programs["count_getpid"].GetInfo().BtfId;
        Compare("btf", [1, id], ["id", "name", "size", "kernel", "prog_ids", "map_ids"]);
        Lines(CliProcess.Run("bpf", "btf", "dump", Text(id)).Output).ShouldBe(Lines(Bpftool("btf", "dump", "id", Text(id))));
    }

    [BpftoolFact]
    public void Map_dump_has_the_bytes_that_bpftool_shows()
    {
        using var map = BpfMap.Create(new MapSpec { Name = "bytes", Type = MapType.Hash, KeySize = 4, ValueSize = 6, MaxEntries = 16 });
        for (byte i = 1; i <= 5; i++) map.Update([i, 0, 0xfe, i], [i, 2, 3, 4, 5, 0xff]);
        var id = Text(map.GetInfo().Id);
        var theirs = Parse(Bpftool("-j", "map", "dump", "id", id)).EnumerateArray().Select(e => $"{Hex(e.GetProperty("key"))}: {Hex(e.GetProperty("value"))}");
        var ours = Parse(CliProcess.Run("bpf", "map", "dump", id, "-o", "json").Output).EnumerateArray()
            .Select(e => $"{e.GetProperty("key").GetString()![2..]}: {e.GetProperty("value").GetString()![2..]}");
        ours.Order().ShouldBe(theirs.Order());
    }

    [BpftoolFact]
    public void Map_dump_has_the_values_that_bpftool_decodes_by_type()
    {
        using var loaded = BpfObject.LoadFile(Fixture("minimal.bpf.o"));
        var calls = new BpfMap<uint, ulong>(loaded.Maps["calls"]);
        for (var i = 1u; i <= 5; i++) calls[i] = ulong.MaxValue - i;
        var id = Text(loaded.Maps["calls"].GetInfo().Id);
        var theirs = Parse(Bpftool("-j", "map", "dump", "id", id)).EnumerateArray().Select(e => e.GetProperty("formatted"));
        var ours = Parse(CliProcess.Run("bpf", "map", "dump", id, "-o", "json").Output).EnumerateArray();
        ours.Select(Element).Order().ShouldBe(theirs.Select(Element).Order());
    }

    static string Element(JsonElement element) => $"{element.GetProperty("key").GetRawText()}: {element.GetProperty("value").GetRawText()}";

    static void Compare(string kind, IEnumerable<uint> ids, string[] fields)
    {
        var ours = ById(CliProcess.Run("bpf", kind, "list", "-o", "json").Output);
        var theirs = ById(BpftoolList(kind));
        foreach (var id in ids)
        {
            foreach (var field in fields) Field(ours[id], field).ShouldBe(Field(theirs[id], field), $"{kind} {id}: {field}");
        }
    }

    /// <summary>bpftool ends its list with an error at an object that goes away or is being attached; then it is asked again.</summary>
    static string BpftoolList(string kind)
    {
        for (var tries = 0; ; tries++)
        {
            var list = Bpftool("-j", kind, "list");
            if (Parse(list) is { ValueKind: JsonValueKind.Array } rows && rows.EnumerateArray().All(row => row.TryGetProperty("id", out _))) return list;
            tries.ShouldBeLessThan(20, list);
        }
    }

    static Dictionary<uint, JsonElement> ById(string json) => Parse(json).EnumerateArray().ToDictionary(row => row.GetProperty("id").GetUInt32());

    /// <summary>A field's text; lists in one order, and what is empty or left out alike.</summary>
    static string Field(JsonElement row, string name)
    {
        if (!row.TryGetProperty(name, out var value)) return "";
        return value.ValueKind == JsonValueKind.Array ? string.Join(',', value.EnumerateArray().Select(e => e.GetUInt32()).Order()) : value.GetRawText() is "\"\"" ? "" : value.GetRawText();
    }

    static string Hex(JsonElement bytes) => string.Concat(bytes.EnumerateArray().Select(b => b.GetString()![2..]));

    static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    static string Text(uint id) => id.ToString(CultureInfo.InvariantCulture);

    static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;

    static string Bpftool(params string[] arguments)
    {
        using var bpftool = Process.Start(new ProcessStartInfo("bpftool", arguments) { RedirectStandardOutput = true })!;
        var output = bpftool.StandardOutput.ReadToEnd();
        bpftool.WaitForExit();
        return output;
    }
}
