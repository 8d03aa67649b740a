using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// The way of an object into the kernel, step by step. Nothing of the spec is changed, so that it can be loaded again. Whatever was created when
/// a step fails is closed again.
/// </summary>
sealed class ObjectLoader : IDisposable
{
    readonly ObjectSpec _spec;
    readonly LoadOptions _options;
    readonly KernelTypes _kernel;
    readonly ProgramPreparation _preparation;
    readonly List<PreparedProgram> _programs = [];
    readonly Dictionary<string, StructOpsLayout> _structOps = [];
    readonly Dictionary<string, BpfMap> _maps = [];
    readonly Dictionary<string, BpfProgram> _loaded = [];
    readonly Dictionary<string, MappedMap?> _memory = [];
    Dictionary<string, ResolvedExtern> _externs = [];
    ObjectTypes? _types;
    FileDescriptor? _typesFd;
    byte[]? _kconfig;

    ObjectLoader(ObjectSpec spec, LoadOptions options)
    {
        (_spec, _options) = (spec, options);
        _kernel = new KernelTypes(options.KernelBtf);
        _preparation = new ProgramPreparation(spec);
    }

    public static BpfObject Load(ObjectSpec spec, LoadOptions options)
    {
        using var loader = new ObjectLoader(spec, options);
        try
        {
            loader.CheckByteOrder();
            loader.LayOutStructOps();
            loader.LinkPrograms();
            loader.ResolveExterns();
            loader.RelocateTypes();
            loader.LoadTypes();
            loader.CreateMaps();
            loader.RelocateReferences();
            loader.LoadPrograms();
            loader.FillProgramArrays();
            loader.FillStructOps();
            return new BpfObject(spec, loader._programs.Select(p => loader._loaded[p.Spec.Name]), loader._maps, loader._structOps, loader._memory);
        }
        catch
        {
            foreach (var program in loader._loaded.Values) program.Dispose();
            foreach (var memory in loader._memory.Values) (memory as IDisposable)?.Dispose();
            foreach (var map in loader._maps.Values) map.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _typesFd?.Dispose();
        _kernel.Dispose();
    }

    void CheckByteOrder()
    {
        if ((_spec.ByteOrder == ByteOrder.Little) != BitConverter.IsLittleEndian)
        {
            throw new BpfException($"object {_spec.Name} is {_spec.ByteOrder.ToString().ToLowerInvariant()}-endian and this machine is not: compile it for this one (-target bpf)");
        }
    }

    void LayOutStructOps()
    {
        foreach (var map in _spec.Maps.Values)
        {
            if (map is { AutoCreate: true, Type: MapType.StructOps }) _structOps.Add(map.Name, new StructOpsLayout(_spec, map, _kernel));
        }
    }

    void LinkPrograms()
    {
        foreach (var program in _spec.Programs.Values)
        {
            // Members of struct_ops are loaded when an instance that is created refers to them.
            var isWanted = program.Type == ProgramType.StructOps ? _structOps.Values.Any(ops => ops.MemberOf.ContainsKey(program.Name)) : program.AutoLoad;
            if (isWanted) _programs.Add(new PreparedProgram(program, ProgramLinker.Flatten(_spec, program)));
        }
    }

    void ResolveExterns()
    {
        var used = new HashSet<string>();
        foreach (var program in _programs)
        {
            foreach (var relocation in program.Code.Relocations)
            {
                if (relocation.Kind is RelocationKind.Extern or RelocationKind.ExternCall) used.Add(relocation.Symbol);
            }
        }
        if (used.Count > 0) _externs = new ExternResolver(_spec, _kernel).Resolve(used);
        if (_spec.Maps.TryGetValue(".kconfig", out var map) && map is { AutoCreate: true, Data: { } zeros })
        {
            _kconfig = (byte[])zeros.Clone();
            new KconfigValues(_spec).Fill(_kconfig, _options.KernelConfiguration, KconfigValues.RunningKernel);
        }
    }

    void RelocateTypes()
    {
        CoreRelocator? relocator = null;
        foreach (var program in _programs)
        {
            if (program.Code.CoreRelocations.Count == 0) continue;
            if (relocator is null)
            {
                if (_spec.Btf is null) throw new BpfFormatException($"object {_spec.Name}: program '{program.Spec.Name}' has CO-RE relocations and the object no BTF");
                var asksKernel = _programs.Any(p => p.Code.CoreRelocations.Any(r => r.Kind != CoreRelocationKind.LocalTypeId));
                relocator = new CoreRelocator(_spec.Btf, asksKernel ? _kernel.Core : CoreTargets.None);
            }
            _preparation.RelocateTypes(program, relocator);
        }
    }

    void LoadTypes()
    {
        if (_spec.Btf is null || _spec.Btf.Count <= 1) return;
        _types = new ObjectTypes(_spec);
        // Lines of generated code add their strings before the blob is fixed.
        foreach (var program in _programs) _ = ProgramPreparation.LineInfo(program.Code, _types);
        var result = TypeLoader.Load(_types.ToBlob(), out var log, _options.Token);
        if (result < 0 && result != -Errno.EPERM)
        {
            var old = TypeLoader.Load(_types.ToOldBlob(), out _, _options.Token);
            if (old >= 0) result = old;
        }
        if (result >= 0)
        {
            _typesFd = new FileDescriptor(result);
            return;
        }
        // Without BTF the kernel still takes most programs; those that need it say so when they are loaded.
        if (result == -Errno.EPERM && _structOps.Count == 0) return;
        var reason = log.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
        throw new BpfSyscallException($"object {_spec.Name}: load its BTF", -result, reason is null ? null : $"the kernel says: {reason}");
    }

    void CreateMaps()
    {
        var maps = new ObjectMaps(_spec, _options, _typesFd, _types, _memory);
        // Maps of maps may take one of the others as model of their inner maps.
        foreach (var map in _spec.Maps.Values.OrderBy(m => m.Type is MapType.ArrayOfMaps or MapType.HashOfMaps))
        {
            if (!map.AutoCreate) continue;
            _maps.Add(map.Name, _structOps.TryGetValue(map.Name, out var layout)
                ? maps.CreateStructOps(map, layout)
                : maps.Provide(map, map.Name == ".kconfig" ? _kconfig : null, _maps));
        }
        foreach (var map in _spec.Maps.Values) maps.FillContents(map, _maps);
    }

    void RelocateReferences()
    {
        var kconfig = _maps.GetValueOrDefault(".kconfig");
        foreach (var program in _programs) _preparation.RelocateReferences(program, _maps, _externs, kconfig);
    }

    void LoadPrograms()
    {
        var targets = new AttachTargets(_spec, _kernel);
        var descriptors = _preparation.DescriptorArray;
        foreach (var program in _programs) _loaded.Add(program.Spec.Name, LoadProgram(program, targets, descriptors));
    }

    BpfProgram LoadProgram(PreparedProgram program, AttachTargets targets, int[] descriptors)
    {
        var spec = program.Spec;
        if (spec.Type == ProgramType.Unspecified)
        {
            throw new BpfException($"object {_spec.Name}: program '{spec.Name}': its section '{spec.SectionName}' names no type of program that this library knows; set ProgramSpec.Type, or AutoLoad to false");
        }
        var (target, attachType) = spec.Type == ProgramType.StructOps ? MemberOf(spec) : (targets.Find(spec), spec.AttachType);
        var hasTypes = _typesFd is not null;
        var image = new ProgramImage
        {
            Name = spec.Name,
            ObjectName = _spec.Name,
            SectionName = spec.SectionName,
            AttachTarget = spec.AttachTarget,
            Type = spec.Type,
            AttachType = attachType,
            Instructions = program.Code.Instructions,
            License = _spec.License,
            KernelVersion = _spec.KernelVersion != 0 ? _spec.KernelVersion : spec.Type == ProgramType.Kprobe ? KernelVersionCode.Running : 0,
            Flags = spec.Flags,
            InterfaceIndex = spec.InterfaceIndex,
            AttachBtfId = target.TypeId,
            AttachFd = target.Descriptor,
            BtfFd = _typesFd?.Value ?? 0,
            FuncInfo = hasTypes ? ProgramPreparation.FunctionInfo(program.Code) : [],
            LineInfo = hasTypes ? ProgramPreparation.LineInfo(program.Code, _types!) : [],
            FdArray = descriptors,
            Lines = program.Code.Lines,
            Unresolved = program.Unresolved,
            Token = _options.Token,
        };
        return BpfProgram.Load(image, _options.LogLevel);
    }

    (ResolvedTarget, AttachType) MemberOf(ProgramSpec program)
    {
        foreach (var layout in _structOps.Values)
        {
            if (layout.MemberOf.TryGetValue(program.Name, out var member))
            {
                return (new ResolvedTarget(layout.Type.Id, layout.ValueType.Descriptor), (AttachType)member);
            }
        }
        throw new BpfException($"object {_spec.Name}: program '{program.Name}' is a member of no struct_ops instance");
    }

    void FillProgramArrays()
    {
        Span<byte> value = stackalloc byte[4];
        foreach (var map in _spec.Maps.Values)
        {
            if (map.Type != MapType.ProgArray || !_maps.TryGetValue(map.Name, out var target)) continue;
            foreach (var entry in map.Contents)
            {
                // A slot of a program that is not loaded stays empty: a tail call there falls through.
                if (entry.Symbol is null || !_loaded.TryGetValue(entry.Symbol, out var program)) continue;
                BitConverter.TryWriteBytes(value, program.Fd.Value);
                target.Update(entry.Key, value);
            }
        }
    }

    void FillStructOps()
    {
        foreach (var (name, layout) in _structOps)
        {
            layout.SetPrograms(_loaded);
            // With a link, the value only becomes ready here and is registered by the link; without, writing it is registering.
            if ((_maps[name].Flags & MapFlags.Link) != 0) _maps[name].Update([0, 0, 0, 0], layout.Value);
        }
    }
}
