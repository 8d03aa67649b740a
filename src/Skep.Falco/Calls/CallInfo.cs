using Skep.Falco.Fields;

namespace Skep.Falco.Calls;

/// <summary>A system call as a kind of event.</summary>
/// <param name="Event">The kind of event.</param>
/// <param name="ReturnsDescriptor">Whether its result is a new descriptor, which the event is then about.</param>
/// <param name="Arguments">What is told of its arguments.</param>
/// <param name="Descriptor">The argument that the event is about; null when there is none.</param>
sealed record CallInfo(EventInfo Event, bool ReturnsDescriptor, IReadOnlyList<CallArgument> Arguments, CallArgument? Descriptor)
{
    /// <summary>Its name.</summary>
    public string Name => Event.Name;

    /// <summary>An argument by its name; null when there is none.</summary>
    public CallArgument? Find(string name)
    {
        foreach (var argument in Arguments)
        {
            if (argument.Name == name) return argument;
        }
        return null;
    }

    /// <summary>The directory where a path begins; null for the working directory.</summary>
    public CallArgument? DirectoryOf(CallArgument path)
    {
        foreach (var argument in Arguments)
        {
            if (argument.Index == path.Index - 1 && argument.Kind == CallKind.Directory) return argument;
        }
        return null;
    }

    /// <summary>The path that the call is about: the first one.</summary>
    public CallArgument? Path => Arguments.FirstOrDefault(a => a.Kind == CallKind.Path);

    /// <summary>The flags of <c>open(2)</c>; null in other calls.</summary>
    public CallArgument? OpenFlags => ReturnsDescriptor && Path is not null || Name == "open_by_handle_at" ? Find("flags") : null;
}
