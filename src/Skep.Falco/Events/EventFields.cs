using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Skep.Engine.Records;
using Skep.Falco.Calls;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;
using static Skep.Falco.Events.FieldReaders;

namespace Skep.Falco.Events;

/// <summary>Fields of the event itself.</summary>
static class EventFields
{
    const ulong WriteOnly = 1, ReadWrite = 2, Create = 0x40; // include/uapi/asm-generic/fcntl.h

    public static void Register()
    {
        Add("evt.num", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(e.Number, out v)));
        Add("evt.rawtime", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(e.Time, out v)));
        Add("evt.source", One((FalcoEvent _, FieldReference _, out FieldValue v) => Give("syscall"u8, out v)));
        Add("evt.hostname", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(e.Keep(e.Host), out v)));
        Add("evt.is_async", One((FalcoEvent _, FieldReference _, out FieldValue v) => Give(false, out v)));
        Add("evt.dir", One((FalcoEvent _, FieldReference _, out FieldValue v) => Give("<"u8, out v)));
        Add("evt.type", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(e.Keep(e.Kind.Name), out v)));
        Add("syscall.type", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(e.Keep(e.Kind.Name), out v) && (e.Kind.Traits & EventTraits.Syscall) != 0));
        Add("evt.type.is", One((FalcoEvent e, FieldReference f, out FieldValue v) => Give(f.ArgumentIndex == e.EventType ? 1UL : 0, out v)));
        Add("evt.category", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(e.Keep(e.Kind.Category), out v)));
        Add("evt.cpu", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give((long)e.Cpu, out v) && e.Cpu >= 0));
        Add("evt.res", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryResult(e, out var result) ? Give(ErrorNames.Of(result), out v) : None(out v)), Result);
        Add("evt.rawres", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryResult(e, out var result) ? Give(result, out v) : None(out v)), Result);
        Add("evt.failed", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryResult(e, out var result) ? Give(result < 0, out v) : None(out v)), Result);
        Add("evt.count", One((FalcoEvent _, FieldReference _, out FieldValue v) => Give(1UL, out v)));
        Add("evt.is_io", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(Is(e, EventTraits.Reads | EventTraits.Writes), out v)));
        Add("evt.is_io_read", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(Is(e, EventTraits.Reads), out v)));
        Add("evt.is_io_write", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(Is(e, EventTraits.Writes), out v)));
        Add("evt.is_wait", One((FalcoEvent e, FieldReference _, out FieldValue v) => Give(Is(e, EventTraits.Waits), out v)));
        Add("evt.is_open_read", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryOpenFlags(e, out var flags) ? Give((flags & WriteOnly) == 0, out v) : None(out v)), OpenFlags);
        Add("evt.is_open_write", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryOpenFlags(e, out var flags) ? Give((flags & (WriteOnly | ReadWrite)) != 0, out v) : None(out v)), OpenFlags);
        Add("evt.is_open_create", One((FalcoEvent e, FieldReference _, out FieldValue v) => TryOpenFlags(e, out var flags) ? Give((flags & Create) != 0 || e.Kind.Name == "creat", out v) : None(out v)), OpenFlags);
        Add("evt.arg", One(ReadArgument), ArgumentOf);
        Add("evt.rawarg", One(ReadRaw), ArgumentOf);
        Add("evt.args", One((FalcoEvent e, FieldReference _, out FieldValue v) => ReadArguments(e, out v)), AllArguments);
        Add("evt.info", One((FalcoEvent e, FieldReference _, out FieldValue v) => ReadArguments(e, out v)), AllArguments);
    }

    internal static bool None(out FieldValue value)
    {
        value = default;
        return false;
    }

    internal static bool Give(ReadOnlySpan<byte> bytes, out FieldValue value)
    {
        value = FieldValue.Of(bytes);
        return true;
    }

    internal static bool Give(ulong number, out FieldValue value)
    {
        value = FieldValue.Of(number);
        return true;
    }

    internal static bool Give(long number, out FieldValue value)
    {
        value = FieldValue.Of(number);
        return true;
    }

    internal static bool Give(bool is_, out FieldValue value)
    {
        value = FieldValue.Of(is_);
        return true;
    }

    /// <summary>What the call returned; an execution that is told has succeeded.</summary>
    internal static bool TryResult(FalcoEvent e, out long result)
    {
        if (e.Values is not null) return e.TryNumber(CallValues.Result, out result);
        result = 0;
        return true;
    }

    /// <summary>The flags of a file that is opened.</summary>
    internal static bool TryOpenFlags(FalcoEvent e, out ulong flags)
    {
        flags = 0;
        if (e.Values is not { } values) return false;
        if (values.Call.Name == "creat")
        {
            flags = WriteOnly | Create;
            return true;
        }
        return values.Call.OpenFlags is { } argument && TryFlags(e, argument, out flags);
    }

    static bool TryFlags(FalcoEvent e, CallArgument argument, out ulong flags)
    {
        flags = 0;
        if (argument.Kind == CallKind.OpenHow)
        {
            if (!e.TryBytes(argument.Value, out var how) || how.Length < sizeof(ulong)) return false;
            flags = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(how);
            return true;
        }
        if (!e.TryNumber(argument.Value, out var number)) return false;
        flags = (ulong)number;
        return true;
    }

    static bool Is(FalcoEvent e, EventTraits traits) => (e.Kind.Traits & traits) != 0;

    static void Result(CallValues values, FieldReference field) => values.Require(CallValues.Result);

    static void OpenFlags(CallValues values, FieldReference field)
    {
        if (values.Call.OpenFlags is { } flags) values.Require(flags.Value);
    }

    static void ArgumentOf(CallValues values, FieldReference field)
    {
        if (Find(values.Call, field) is { } argument) Require(values, argument);
        else values.Require(CallValues.Result);
    }

    static void AllArguments(CallValues values, FieldReference field)
    {
        values.Require(CallValues.Result);
        foreach (var argument in values.Call.Arguments) Require(values, argument);
        if (values.Call.ReturnsDescriptor && values.File is { } file) values.Require(file);
    }

    static void Require(CallValues values, CallArgument argument)
    {
        values.Require(argument.Value);
        if (argument.Kind is CallKind.Descriptor or CallKind.Directory) values.Require(argument.File);
        if (argument.Kind == CallKind.Address) values.Require(argument.UnixAddress);
        if (argument.Kind == CallKind.Path && values.Call.DirectoryOf(argument) is null) values.Require(CallValues.WorkingDirectory);
    }

    /// <summary>The argument that a field names, by its name or its place among the event's; null for the result and what is not known.</summary>
    static CallArgument? Find(CallInfo call, FieldReference field)
    {
        var name = field.Argument ?? "";
        if (field.ArgumentIndex is >= 0 and var index) name = index < call.Event.Parameters.Count ? call.Event.Parameters[index].Name : "";
        return call.Find(name);
    }

    static string NameOf(FalcoEvent e, FieldReference field) =>
        field.ArgumentIndex is >= 0 and var index ? index < e.Kind.Parameters.Count ? e.Kind.Parameters[index].Name : "" : field.Argument ?? "";

    static bool ReadArgument(FalcoEvent e, FieldReference field, out FieldValue value)
    {
        value = default;
        if (e.Values is null) return ProcessFields.TryArgument(e, NameOf(e, field), isRaw: false, out value);
        if (Find(e.Values.Call, field) is { } argument) return TryText(e, argument, out value);
        return NameOf(e, field) switch
        {
            "res" => TryResult(e, out var result) && Give(result < 0 ? ErrorNames.Of(result) : e.Keep(result.ToString(CultureInfo.InvariantCulture)), out value),
            "fd" => e.Values.Call.ReturnsDescriptor && TryResult(e, out var descriptor) && Give(e.Keep(DescriptorFields.Describe(e, descriptor, e.Values.File)), out value),
            "res_or_fd" => TryResult(e, out var both) && Give(both < 0 ? ErrorNames.Of(both) : e.Keep(both.ToString(CultureInfo.InvariantCulture)), out value),
            _ => false,
        };
    }

    static bool ReadRaw(FalcoEvent e, FieldReference field, out FieldValue value)
    {
        value = default;
        if (e.Values is null) return ProcessFields.TryArgument(e, NameOf(e, field), isRaw: true, out value);
        if (Find(e.Values.Call, field) is not { } argument) return TryResult(e, out var result) && NameOf(e, field) is "res" or "fd" or "res_or_fd" && Give(result, out value);
        if (argument.Kind is CallKind.Path or CallKind.Text) return e.TryBytes(argument.Value, out var bytes) && Give(bytes, out value);
        if (argument.Kind == CallKind.OpenHow) return TryFlags(e, argument, out var flags) && Give(flags, out value);
        return e.TryNumber(argument.Value, out var number) && Give(number, out value);
    }

    /// <summary>An argument as people read it.</summary>
    static bool TryText(FalcoEvent e, CallArgument argument, out FieldValue value)
    {
        value = default;
        var spec = argument.Value;
        switch (argument.Kind)
        {
            case CallKind.Text:
                return e.TryBytes(spec, out var text) && Give(text, out value);
            case CallKind.Path:
                return e.TryBytes(spec, out var path) && Give(e.Values!.Call.DirectoryOf(argument) is null ? Paths.Absolute(e, path, default) : path, out value);
            case CallKind.OpenHow:
            case CallKind.Named:
                if (!TryFlags(e, argument, out var number)) return false;
                var names = argument.Names ?? NumberNames.Find("open")!;
                var length = names.Write(number, e.Room(512));
                return Give(length > 0 ? e.Keep(length) : e.Keep(number.ToString(CultureInfo.InvariantCulture)), out value);
            case CallKind.Descriptor or CallKind.Directory:
                return e.TryNumber(spec, out var descriptor) && Give(e.Keep(DescriptorFields.Describe(e, descriptor, argument.File)), out value);
            case CallKind.Mode:
                return e.TryNumber(spec, out var mode) && Give(e.Keep("0" + Convert.ToString(mode, 8)), out value);
            case CallKind.User:
                return e.TryNumber(spec, out var user) && Give(e.Users.User((uint)user) is { } known ? known.Name : e.Keep(((uint)user).ToString(CultureInfo.InvariantCulture)), out value);
            case CallKind.Group:
                return e.TryNumber(spec, out var group) && Give(e.Users.Group((uint)group) is { } found ? found.Name : e.Keep(((uint)group).ToString(CultureInfo.InvariantCulture)), out value);
            case CallKind.Address:
                return DescriptorFields.TryAddress(e, argument, out var address) && Give(e.Keep(address), out value);
            default:
                return e.TryNumber(spec, out var plain) && Give(e.Keep(plain.ToString(CultureInfo.InvariantCulture)), out value);
        }
    }

    static bool ReadArguments(FalcoEvent e, out FieldValue value)
    {
        value = default;
        if (e.Values is not { } values) return ProcessFields.TryArguments(e, out value);
        var text = new StringBuilder();
        foreach (var parameter in e.Kind.Parameters)
        {
            if (values.Call.Find(parameter.Name) is { } argument ? !TryText(e, argument, out var one) : !ReadArgument(e, new FieldReference(Argument, Argument.Type, parameter.Name), out one)) continue;
            if (text.Length > 0) text.Append(' ');
            text.Append(parameter.Name).Append('=').Append(Encoding.UTF8.GetString(one.Bytes));
        }
        return Give(e.Keep(text.ToString()), out value);
    }

    static FieldInfo Argument { get; } = FieldCatalogue.TryGet("evt.arg", out var field) ? field : throw new InvalidOperationException("evt.arg");
}
