namespace Clip.Conversion.Checkpoints;

/// <summary>
/// Which names that checkpoints keep beside their weights are data: an optimizer's NumPy numbers, arguments, dates, paths, configs.
/// Nothing is run in any case; that a file names what does something in Python tells that it is hostile, and it is refused.
/// </summary>
internal static class PickleNames
{
    /// <summary>Functions, and classes with names like functions', that only make data of their arguments.</summary>
    private static readonly HashSet<string> Functions =
    [
        "_codecs.encode", "re._compile", "copyreg._reconstructor", "copyreg.__newobj__", "copyreg.__newobj_ex__",
        "collections.defaultdict", "collections.deque", "collections.namedtuple",
        "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone",
        "functools.partial", "logging.getLogger", "types.MappingProxyType", "types.SimpleNamespace",
        "torch.device", "torch.dtype", "torch.serialization._get_layout", "zoneinfo.ZoneInfo._unpickle", "pytz._UTC", "pytz._p",
        "dateutil.tz.tz.tzutc", "pandas._libs.tslibs.timestamps._unpickle_timestamp",
    ];

    /// <summary>Python's own types that hold data.</summary>
    private static readonly HashSet<string> Types =
    [
        "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "long", "object", "range", "set", "slice",
        "str",
        "tuple", "unicode", "xrange", "type", "NoneType", "Ellipsis", "NotImplemented",
    ];

    /// <summary>Modules whose classes do something when made: files, processes, networks, code; Python's, and common packages'.</summary>
    private static readonly HashSet<string> ActiveModules =
    [
        "__builtin__", "_frozen_importlib", "_io", "_pickle", "_posixsubprocess", "_socket", "_thread", "_winapi", "aiohttp",
        "asyncio", "atexit", "bdb", "builtins", "bz2", "cProfile", "cloudpickle", "code", "codecs", "codeop", "commands",
        "concurrent", "ctypes", "dbm", "dill", "distutils", "doctest", "ensurepip", "fabric", "faulthandler", "fileinput", "fsspec",
        "ftplib", "gc", "gzip", "http", "httplib", "httpx", "idlelib", "imaplib", "imp", "importlib", "inspect", "io", "joblib",
        "lib2to3", "linecache", "lzma", "marshal", "mmap", "msilib", "multiprocessing", "nntplib", "nt", "ntpath", "numpy.distutils",
        "numpy.f2py", "numpy.testing", "operator", "os", "paramiko", "pdb", "pexpect", "pickle", "pip", "pipes", "pkg_resources",
        "pkgutil", "plumbum", "popen2", "poplib", "posix", "posixpath", "profile", "psutil", "pty", "pydoc", "requests", "runpy",
        "sched", "select", "selectors", "setuptools", "sh", "shelve", "shutil", "signal", "site", "smtpd", "smtplib", "socket",
        "socketserver", "sqlite3", "ssl", "subprocess", "sys", "sysconfig", "tarfile", "telnetlib", "tempfile", "test", "thread",
        "threading", "timeit", "tkinter", "torch.distributed.rpc", "torch.hub", "torch.jit", "torch.package", "torch.serialization",
        "torch.storage", "torch.utils.cpp_extension", "trace", "turtle", "types", "unittest", "urllib", "urllib2", "urllib3", "venv",
        "webbrowser", "winreg", "wsgiref", "xmlrpc", "zipapp", "zipfile", "zipimport",
    ];

    /// <summary>Whether a call of this in Python would only make data, so that an inert object may stand for its result.</summary>
    /// <param name="global">What is called.</param>
    /// <param name="isInstance">Whether an instance is made of it without its constructor, which only classes allow.</param>
    public static bool IsData(PickleGlobal global, bool isInstance)
    {
        var (module, name) = (global.Module, global.Name);
        if (Functions.Contains($"{module}.{name}")) return true;
        // Of a dotted name the first part is a class, and the rest does something to it.
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal)) return false;
        if (module is "builtins" or "__builtin__") return Types.Contains(name);
        if (module == "numpy" || IsWithin(module, "numpy.core") || IsWithin(module, "numpy._core") || IsWithin(module, "numpy.random"))
            return IsNumPyData(name);
        if (module is "torch._utils" or "torch._tensor") return name.StartsWith("_rebuild", StringComparison.Ordinal);
        for (var part = module; part.Length > 0; part = part[..Math.Max(0, part.LastIndexOf('.'))])
        {
            if (ActiveModules.Contains(part)) return false;
        }

        // Everywhere a class's name begins with a capital, and a function's does not.
        return isInstance || char.IsAsciiLetterUpper(name.TrimStart('_').FirstOrDefault());
    }

    /// <summary>
    /// Whether a call takes a member of an enumeration, which Python from 3.11 on keeps as <c>getattr(Color, 'RED')</c>: a class that is
    /// data, and a plain name. What comes of it is never called.
    /// </summary>
    public static bool IsMember(PickleGlobal global, object?[] arguments) =>
        global is { Module: "builtins" or "__builtin__", Name: "getattr" }
        && arguments is [PickleGlobal { Module: not ("builtins" or "__builtin__") } type, string { Length: > 0 } member]
        && char.IsAsciiLetter(member[0]) && member.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && IsData(type, isInstance: false);

    private static bool IsWithin(string module, string parent) =>
        module == parent || module.StartsWith($"{parent}.", StringComparison.Ordinal);

    /// <summary>NumPy's scalars, arrays, types and generators.</summary>
    private static bool IsNumPyData(string name) =>
        name is "scalar" or "_reconstruct" or "_frombuffer" or "dtype" or "ndarray" or "matrix" or "recarray" or "void" or "str_"
            or "bytes_"
            or "bool_" or "object_" or "datetime64" or "timedelta64" or "longdouble" or "longlong" or "ulonglong" or "double" or "single"
            or "half"
            or "bool" or "intc" or "uintc" or "__randomstate_ctor" or "__generator_ctor" or "__bit_generator_ctor"
        || name is "RandomState" or "Generator" or "PCG64" or "MT19937" or "SeedSequence"
        || name.TrimEnd("0123456789".ToCharArray()) is "float" or "int" or "uint" or "complex" or "float_" or "int_"
        || name.EndsWith("DType", StringComparison.Ordinal);
}
