using System.Text.Json;
using Google.Protobuf.Reflection;
using Skep.Tetragon.Api;

namespace Skep.Tetragon.Filters;

/// <summary>
/// Takes members out of events before they are handed on. Paths start at the event's own message (<c>process.pod.name</c>); what is beside it, as
/// the time and the node's name, stays. As in Tetragon one filter is applied after the other: a member stays when each filter that includes
/// members names it, and none that excludes members does. Not for several threads at once.
/// </summary>
public sealed class FieldFilters
{
    static readonly IList<FieldDescriptor> s_events = GetEventsResponse.Descriptor.Oneofs[0].Fields;

    readonly Dictionary<EventType, (FieldMaskNode? Include, bool KeepsNothing, FieldMaskNode? Exclude)> _masks = [];
    readonly FieldMaskRewriter _rewriter = new();

    FieldFilters()
    {
    }

    /// <summary>Prepares the filters.</summary>
    /// <exception cref="FilterException">A path names nothing in any of its filter's events.</exception>
    public static FieldFilters Compile(IEnumerable<FieldFilter> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var result = new FieldFilters();
        var number = 0;
        foreach (var filter in filters) result.Add(filter, $"field_filters[{number++}]");
        return result;
    }

    void Add(FieldFilter filter, string member)
    {
        if (filter.Fields is null || filter.Fields.Paths.Count == 0) return;
        var isExcluding = filter.Action switch
        {
            FieldFilterAction.Include => false,
            FieldFilterAction.Exclude => true,
            _ => throw new FilterException($"{member}.action: {(int)filter.Action} is neither INCLUDE nor EXCLUDE"),
        };
        var events = s_events.Where(e => filter.EventSet.Count == 0 || filter.EventSet.Contains((EventType)e.FieldNumber) != (filter.InvertEventSet ?? false)).ToList();
        var known = new bool[filter.Fields.Paths.Count];
        foreach (var type in events)
        {
            var mask = new FieldMaskNode();
            var isKnown = false;
            for (var i = 0; i < known.Length; i++)
            {
                if (Resolve(filter.Fields.Paths[i], type.MessageType) is not { } path) continue;
                mask.Add(path);
                known[i] = isKnown = true;
            }
            var (include, keepsNothing, exclude) = _masks.GetValueOrDefault((EventType)type.FieldNumber);
            if (isExcluding)
            {
                if (!isKnown) continue;
                // Two filters that exclude are one that excludes both.
                for (var i = 0; i < known.Length; i++)
                {
                    if (Resolve(filter.Fields.Paths[i], type.MessageType) is { } path) (exclude ??= new FieldMaskNode()).Add(path);
                }
            }
            else if (!isKnown)
            {
                keepsNothing = true;
            }
            else
            {
                include = include is null ? mask : FieldMaskNode.Intersect(include, mask);
                keepsNothing |= include is null;
            }
            _masks[(EventType)type.FieldNumber] = (include, keepsNothing, exclude);
        }
        var unknown = events.Count == 0 ? -1 : Array.IndexOf(known, false);
        if (unknown >= 0) throw new FilterException($"{member}.fields: none of these events has a field {filter.Fields.Paths[unknown]}");
    }

    /// <summary>The path by the names that are printed; null when the message has no such field.</summary>
    static string[]? Resolve(string path, MessageDescriptor? message)
    {
        var parts = path.Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            var name = parts[i];
            if (message?.Fields.InDeclarationOrder().FirstOrDefault(f => f.Name == name || f.JsonName == name) is not { } field) return null;
            parts[i] = field.Name;
            message = field is { FieldType: FieldType.Message, IsMap: false } && !field.MessageType.FullName.StartsWith("google.", StringComparison.Ordinal) ? field.MessageType : null;
            // Below a map there are keys, whatever they are: dots belong to the key.
            if (field.IsMap) return i + 1 == parts.Length ? parts : [.. parts[..(i + 1)], string.Join('.', parts[(i + 1)..])];
        }
        return parts;
    }

    /// <summary>The line as it is handed on: itself, or one that is valid until the next call.</summary>
    /// <param name="type">Type of the event.</param>
    /// <param name="line">Its JSON.</param>
    public ReadOnlySpan<byte> Apply(EventType type, ReadOnlySpan<byte> line)
    {
        if (!_masks.TryGetValue(type, out var mask)) return line;
        var (include, keepsNothing, exclude) = mask;
        var reader = new Utf8JsonReader(line);
        // The event is the first member.
        if (!reader.Read() || !reader.Read() || !reader.Read() || reader.TokenType != JsonTokenType.StartObject) return line;
        _rewriter.Reset();
        _rewriter.Raw(line[..(int)reader.TokenStartIndex]);
        if (keepsNothing)
        {
            reader.Skip();
            _rewriter.Raw("{}"u8);
        }
        else
        {
            _rewriter.Copy(ref reader, line, include, exclude);
        }
        _rewriter.Raw(line[(int)reader.BytesConsumed..]);
        return _rewriter.Written;
    }
}
