using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Skep.Bpf.Tests;

/// <summary>Says what an object says in lines that do not depend on the compiler's version or the byte order.</summary>
static class ObjectSpecText
{
    public static IEnumerable<string> Describe(ObjectSpec spec)
    {
        yield return $"license '{spec.License}' version {spec.KernelVersion:x}";
        foreach (var function in spec.Functions.Values.OrderBy(function => function.Name, StringComparer.Ordinal))
        {
            var references = function.Relocations.Select(Reference).Distinct().Order(StringComparer.Ordinal);
            var btf = function.BtfTypeId == 0 ? "untyped" : spec.Btf![function.BtfTypeId].Name + " " + spec.Btf[function.BtfTypeId].Linkage;
            yield return $"function {function.Name} [{function.Section}] {function.Linkage}{Mark(function.IsWeak, "weak")}{Mark(function.IsHidden, "hidden")} btf {btf}: {string.Join(", ", references)}";
        }
        foreach (var program in spec.Programs.Values.OrderBy(program => program.Name, StringComparer.Ordinal))
        {
            yield return $"program {program.Name} {program.Type} {(int)program.AttachType} '{program.AttachTarget}' {program.Flags}{Mark(!program.AutoLoad, "optional")}";
        }
        foreach (var map in spec.Maps.Values.OrderBy(map => map.Name, StringComparer.Ordinal))
        {
            foreach (var line in Describe(spec, map, "map")) yield return line;
        }
        foreach (var variable in spec.Variables.Values.OrderBy(variable => variable.Name, StringComparer.Ordinal))
        {
            yield return $"variable {variable.Name} {variable.Map.Name} size {variable.Size} {TypeName(spec, variable.TypeId)} {variable.Linkage}{Mark(variable.IsWeak, "weak")} = {Value(spec, variable)}";
        }
        foreach (var symbol in spec.Externs.Values.OrderBy(symbol => symbol.Name, StringComparer.Ordinal))
        {
            yield return $"extern {symbol.Name} {symbol.Kind} {TypeName(spec, symbol.TypeId)}{Mark(symbol.IsWeak, "weak")} at {symbol.Offset} size {symbol.Size}";
        }
        foreach (var warning in spec.Warnings) yield return "warning " + warning;
    }

    static IEnumerable<string> Describe(ObjectSpec spec, MapSpec map, string what)
    {
        yield return $"{what} {map.Name} {map.Type} key {map.KeySize} {TypeName(spec, map.KeyTypeId)} value {map.ValueSize} {TypeName(spec, map.ValueTypeId)} entries {map.MaxEntries} flags {map.Flags} extra {map.Extra:x}"
            + $" {map.Pinning} {map.Linkage}{Mark(map.IsWeak, "weak")}{Mark(map.Freeze, "frozen")}{Mark(!map.AutoCreate, "optional")} data {map.Data?.Length ?? 0}";
        if (map.InnerMap is not null)
        {
            foreach (var line in Describe(spec, map.InnerMap, "  inner")) yield return line;
        }
        foreach (var entry in map.Contents)
        {
            var key = spec.ByteOrder == ByteOrder.Little ? BinaryPrimitives.ReadInt32LittleEndian(entry.Key) : BinaryPrimitives.ReadInt32BigEndian(entry.Key);
            yield return $"  [{key}] = {entry.Symbol}";
        }
        if (map.StructOps is not { } structOps) yield break;
        yield return $"  struct {structOps.TypeName} {structOps.Data.Length} bytes";
        foreach (var (offset, function) in structOps.Functions.OrderBy(pair => pair.Key)) yield return $"  +{offset} {function}";
    }

    static string Reference(Relocation relocation) => relocation.Kind == RelocationKind.MapValue
        ? string.Create(CultureInfo.InvariantCulture, $"{relocation.Kind} {relocation.Symbol}+{relocation.Addend}")
        : $"{relocation.Kind} {relocation.Symbol}";

    static string TypeName(ObjectSpec spec, uint typeId)
    {
        if (typeId == 0) return "-";
        var type = spec.Btf!.Resolve(typeId);
        return type.Name.Length > 0 ? $"{type.Kind}:{type.Name.Replace(' ', '_')}" : type.Kind.ToString();
    }

    static string Value(ObjectSpec spec, VariableSpec variable)
    {
        var bytes = variable.Bytes;
        var isLittle = spec.ByteOrder == ByteOrder.Little;
        return bytes.Length switch
        {
            1 => $"{bytes[0]}",
            2 => $"{(isLittle ? BinaryPrimitives.ReadInt16LittleEndian(bytes) : BinaryPrimitives.ReadInt16BigEndian(bytes))}",
            4 => $"{(isLittle ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadInt32BigEndian(bytes))}",
            8 when variable.TypeId != 0 && spec.Btf!.Resolve(variable.TypeId).Kind == BtfKind.Int =>
                $"{(isLittle ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : BinaryPrimitives.ReadInt64BigEndian(bytes))}",
            _ => Text(bytes),
        };
    }

    static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = bytes.TrimEnd((byte)0);
        return text.IsEmpty || text.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e) ? "…" : $"\"{Encoding.ASCII.GetString(text)}\"";
    }

    static string Mark(bool holds, string word) => holds ? " " + word : "";
}
