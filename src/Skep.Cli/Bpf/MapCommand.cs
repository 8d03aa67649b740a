using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Skep.Bpf;
using Skep.Cli.Output;

namespace Skep.Cli.Bpf;

/// <summary><c>skep bpf map</c>.</summary>
static class MapCommand
{
    public static Command Create() => new("map", "Maps.") { CreateList(), CreateShow(), CreateDump() };

    static Command CreateList()
    {
        var format = CommonOptions.Format();
        var list = new Command("list", "List all maps.") { format };
        list.SetAction(parsed => List(parsed.GetValue(format)));
        return list;
    }

    static Command CreateShow()
    {
        var map = MapArgument();
        var format = CommonOptions.Format();
        var show = new Command("show", "Show one map.") { map, format };
        show.SetAction(parsed =>
        {
            using var found = Find(parsed.GetRequiredValue(map));
            var info = found.GetInfo();
            var row = MapRow.From(info, Holders.Read(), Types(info));
            if (parsed.GetValue(format) == OutputFormat.Json) Json.Print(row, Json.Default.MapRow);
            else Print(row);
        });
        return show;
    }

    static Command CreateDump()
    {
        var map = MapArgument();
        var format = CommonOptions.Format();
        var dump = new Command("dump", "Print the elements of a map, by their types where the map has BTF.") { map, format };
        dump.SetAction(parsed =>
        {
            using var found = Find(parsed.GetRequiredValue(map));
            Dump(found, parsed.GetValue(format));
        });
        return dump;
    }

    static Argument<string> MapArgument() => new("map") { Description = "Its id, its name, or the path of its pin." };

    /// <summary>All that the kernel has.</summary>
    public static List<MapRow> ReadAll()
    {
        var holders = Holders.Read();
        var rows = new List<MapRow>();
        foreach (var id in ObjectIds.Maps)
        {
            if (!BpfMap.TryFromId(id, out var map)) continue;
            using (map) rows.Add(MapRow.From(map.GetInfo(), holders));
        }
        return rows;
    }

    static void List(OutputFormat format)
    {
        var rows = ReadAll();
        if (format == OutputFormat.Json)
        {
            Json.Print(rows, Json.Default.ListMapRow);
            return;
        }
        var table = Terminal.NewTable("id#", "type", "name", "flags", "key#", "value#", "entries#", "memory#", "frozen", "pids");
        foreach (var row in rows)
        {
            table.AddPlainRow(
                Text(row.Id), row.Type, row.Name, $"0x{row.Flags:x}", Text(row.BytesKey), Text(row.BytesValue), Text(row.MaxEntries),
                row.BytesMemlock is { } bytes ? Text(bytes) : "", row.Frozen == true ? "yes" : "", string.Join(' ', row.Pids ?? []));
        }
        Terminal.Write(table);
    }

    static void Print(MapRow row)
    {
        var table = Terminal.NewTable("field", "value");
        table.AddPlainRow("id", Text(row.Id));
        table.AddPlainRow("type", row.Type);
        table.AddPlainRow("name", row.Name);
        table.AddPlainRow("flags", $"0x{row.Flags:x}");
        table.AddPlainRow("key", $"{row.BytesKey} bytes{(row.KeyType is null ? "" : $", {row.KeyType}")}");
        table.AddPlainRow("value", $"{row.BytesValue} bytes{(row.ValueType is null ? "" : $", {row.ValueType}")}");
        table.AddPlainRow("entries", $"at most {row.MaxEntries}");
        if (row.BytesMemlock is { } memory) table.AddPlainRow("memory", $"{memory} bytes");
        table.AddPlainRow("frozen", row.Frozen switch { true => "yes", false => "no", null => "unknown" });
        table.AddPlainRow("btf", row.BtfId is { } btf ? Text(btf) : "none");
        table.AddPlainRow("pids", string.Join(' ', row.Pids ?? []));
        Terminal.Write(table);
    }

    static void Dump(BpfMap map, OutputFormat format)
    {
        var info = map.GetInfo();
        var btf = Types(info);
        if (map.KeySize == 0) throw new UserException($"a map of type {KernelNames.Of(map.Type)} has no keys to list");
        using var output = Console.OpenStandardOutput();
        using var writer = new Utf8JsonWriter(output, format == OutputFormat.Json ? Json.Indented : Json.Compact);
        if (format == OutputFormat.Json) writer.WriteStartArray();
        var count = 0;
        foreach (var (key, value) in Elements(map))
        {
            if (format == OutputFormat.Json)
            {
                WriteElement(writer, map, btf, info, key, value);
            }
            else
            {
                Console.Out.WriteLine($"{BtfJson.Text(btf, info.KeyTypeId, key)}: {ValueText(map, btf, info, value)}");
            }
            count++;
        }
        if (format == OutputFormat.Json) writer.WriteEndArray();
        writer.Flush();
        if (format == OutputFormat.Json) output.WriteByte((byte)'\n');
        else Console.Out.WriteLine($"{count} element{(count == 1 ? "" : "s")}");
    }

    static void WriteElement(Utf8JsonWriter writer, BpfMap map, Btf? btf, MapInfo info, byte[] key, byte[]? value)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("key");
        BtfJson.Write(writer, btf, info.KeyTypeId, key);
        writer.WritePropertyName("value");
        if (value is null)
        {
            writer.WriteNullValue();
        }
        else if (map.IsPerCpu)
        {
            writer.WriteStartArray();
            for (var cpu = 0; cpu * Slot(map) < value.Length; cpu++) BtfJson.Write(writer, btf, info.ValueTypeId, value.AsSpan(cpu * Slot(map), (int)map.ValueSize));
            writer.WriteEndArray();
        }
        else
        {
            BtfJson.Write(writer, btf, info.ValueTypeId, value);
        }
        writer.WriteEndObject();
    }

    static string ValueText(BpfMap map, Btf? btf, MapInfo info, byte[]? value)
    {
        if (value is null) return "(not readable)";
        if (!map.IsPerCpu) return BtfJson.Text(btf, info.ValueTypeId, value);
        var slots = Enumerable.Range(0, value.Length / Slot(map)).Select(cpu => $"cpu {cpu}: {BtfJson.Text(btf, info.ValueTypeId, value.AsSpan(cpu * Slot(map), (int)map.ValueSize))}");
        return string.Join(", ", slots);
    }

    /// <summary>One CPU's slot of a value: rounded up to eight bytes.</summary>
    static int Slot(BpfMap map) => ((int)map.ValueSize + 7) & ~7;

    /// <summary>Keys with their values; a value is null where this kind of map cannot be read from user space. Elements that vanish are passed over.</summary>
    static IEnumerable<(byte[] Key, byte[]? Value)> Elements(BpfMap map)
    {
        var key = Array.Empty<byte>();
        var next = new byte[map.KeySize];
        while (map.TryGetNextKey(key, next))
        {
            key = next;
            next = new byte[map.KeySize];
            if (TryRead(map, key, out var value)) yield return (key, value);
        }
    }

    static bool TryRead(BpfMap map, byte[] key, out byte[]? value)
    {
        value = new byte[map.UserValueSize];
        try
        {
            return map.TryLookup(key, value);
        }
        catch (BpfSyscallException)
        {
            value = null;
            return true;
        }
    }

    static Btf? Types(MapInfo info)
    {
        if (info.BtfId == 0 || !BtfObject.TryFromId(info.BtfId, out var btf)) return null;
        using (btf) return btf.Load();
    }

    /// <summary>Opens a map by id, pin or name; a name must be the only one.</summary>
    static BpfMap Find(string text)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return BpfMap.FromId(number);
        if (text.Contains('/', StringComparison.Ordinal)) return BpfMap.FromPin(text);
        var found = new List<(uint Id, BpfMap Map)>();
        foreach (var id in ObjectIds.Maps)
        {
            if (!BpfMap.TryFromId(id, out var map)) continue;
            if (map.Name == text) found.Add((id, map));
            else map.Dispose();
        }
        if (found.Count == 1) return found[0].Map;
        foreach (var (_, map) in found) map.Dispose();
        throw new UserException(found.Count == 0 ? $"no map is named '{text}'" : $"several maps are named '{text}': give an id ({string.Join(", ", found.Select(f => f.Id))})");
    }

    static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
