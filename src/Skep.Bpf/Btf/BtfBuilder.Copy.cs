namespace Skep.Bpf;

public sealed partial class BtfBuilder
{
    /// <summary>A builder that holds the same types under the same ids, for editing.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public static BtfBuilder From(Btf btf)
    {
        var builder = new BtfBuilder(btf.Base);
        builder.Add(btf);
        return builder;
    }

    /// <summary>
    /// Appends all types that another BTF itself defines. They keep their order: a type that had id <c>n</c> there has
    /// <c>result + n - source.FirstId</c> here. References to the source's base stay as they are: both must have the same base, or the source none.
    /// </summary>
    /// <returns>The id of the first of them.</returns>
    /// <exception cref="BpfFormatException">The source is malformed.</exception>
    public uint Add(Btf source)
    {
        if (source.Base is not null && source.Base != Base) throw new ArgumentException($"BTF {source.Name} continues another BTF than this one", nameof(source));
        var first = Count;
        var strings = new StringCopier(this, source);
        for (var id = source.FirstId; id < source.Count; id++)
        {
            var record = CopyRecord(source, id, strings);
            RemapTypes(record, old => old >= source.Count ? throw OutOfRange(source, id, old) : old < source.FirstId ? old : old - source.FirstId + first);
        }
        return first;
    }

    /// <summary>Copies a type and everything that it refers to from another BTF; types that this map already holds are not copied again.</summary>
    /// <param name="type">The type to copy.</param>
    /// <param name="copied">From ids there to ids here; receives what is copied. Use one map for each source.</param>
    /// <returns>The id of the copy.</returns>
    /// <exception cref="BpfFormatException">The source is malformed.</exception>
    public uint Copy(BtfType type, IDictionary<uint, uint> copied)
    {
        if (type.Id == 0) return 0;
        var source = type.Btf;
        var strings = new StringCopier(this, source);
        var pending = new Queue<uint>();
        var next = Count;
        uint Map(uint old)
        {
            if (old == 0) return 0;
            if (copied.TryGetValue(old, out var known)) return known;
            if (old >= source.Count) throw OutOfRange(source, type.Id, old);
            pending.Enqueue(old);
            return copied[old] = next++;
        }

        var result = Map(type.Id);
        while (pending.TryDequeue(out var id)) RemapTypes(CopyRecord(source, id, strings), Map);
        return result;
    }

    /// <summary>A builder with some of the types and only their strings, references mapped.</summary>
    internal BtfBuilder Select(List<uint> ids, uint[] map)
    {
        var selected = new BtfBuilder(Base);
        foreach (var id in ids)
        {
            var source = Record(id);
            var record = selected.AppendRecord(source.Length);
            source.CopyTo(record);
            RemapTypes(record, old => old < FirstId ? old : map[old - FirstId]);
            record[0] = CopyString(record[0], selected);
            var shape = BtfShape.Of(record[1]);
            for (var i = 0; shape.NameAt >= 0 && i < shape.Count; i++)
            {
                ref var name = ref record[BtfShape.HeadWords + i * shape.Stride + shape.NameAt];
                name = CopyString(name, selected);
            }
        }
        return selected;
    }

    uint CopyString(uint offset, BtfBuilder target)
    {
        if (offset == 0 || offset < FirstString) return offset;
        var tail = _strings.Bytes[(int)(offset - FirstString)..];
        return target._strings.Add(tail[..tail.IndexOf((byte)0)]);
    }

    static BpfFormatException OutOfRange(Btf source, uint id, uint target) =>
        new($"BTF {source.Name}: type {id} refers to type {target}, which is out of range (1..{source.Count - 1})");

    // The record's name offsets are already those of this builder, its type ids still those of the source.
    Span<uint> CopyRecord(Btf source, uint id, StringCopier strings)
    {
        var type = source[id];
        var record = AppendRecord(type.WordCount);
        type.CopyWords(record);
        record[0] = strings.Copy(record[0]);
        var shape = BtfShape.Of(record[1]);
        if (shape.NameAt >= 0)
        {
            for (var i = 0; i < shape.Count; i++)
            {
                ref var name = ref record[BtfShape.HeadWords + i * shape.Stride + shape.NameAt];
                name = strings.Copy(name);
            }
        }
        return record;
    }

    static void RemapTypes(Span<uint> record, Func<uint, uint> map)
    {
        var shape = BtfShape.Of(record[1]);
        if (shape.HeadIsType) record[2] = map(record[2]);
        if (shape.TypeAt < 0) return;
        for (var i = 0; i < shape.Count; i++)
        {
            ref var id = ref record[BtfShape.HeadWords + i * shape.Stride + shape.TypeAt];
            id = map(id);
        }
    }

    // Overlapping strings of a hostile source would multiply when each gets its own copy: the copies together may take a few times its section.
    sealed class StringCopier(BtfBuilder builder, Btf source)
    {
        readonly Dictionary<uint, uint> _copied = [];
        long _left = 4L * source.EndString + 4096;

        public uint Copy(uint offset)
        {
            if (offset == 0 || (builder.Base is not null && offset < builder.FirstString && source.Base == builder.Base)) return offset;
            if (_copied.TryGetValue(offset, out var known)) return known;
            var name = source.NameAt(offset);
            if ((_left -= name.Length) < 0) throw new BpfFormatException($"BTF {source.Name}: the strings overlap too much");
            return _copied[offset] = builder._strings.Add(name);
        }
    }
}
